namespace JsonRpcLite.Http11.Tests;

/// <summary>Holds the bytes of a play until they are read: inside the engine, or with the caller.</summary>
internal interface ISource
{
    bool IsEnded { get; }

    void Add(Http11Connection connection, byte[] piece);

    void End(Http11Connection connection);

    Http11EventKind Next(Http11Connection connection);

    byte[] Unread(Http11Connection connection);
}
