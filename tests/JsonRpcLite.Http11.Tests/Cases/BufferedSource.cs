namespace JsonRpcLite.Http11.Tests;

/// <summary>Feeds the engine's own buffer.</summary>
internal sealed class BufferedSource : ISource
{
    public bool IsEnded { get; private set; }

    public void Add(Http11Connection connection, byte[] piece) => connection.Receive(piece);

    public void End(Http11Connection connection)
    {
        IsEnded = true;
        connection.ReceiveEndOfFile();
    }

    public Http11EventKind Next(Http11Connection connection) => connection.NextEvent();

    public byte[] Unread(Http11Connection connection) => connection.TrailingData.ToArray();
}
