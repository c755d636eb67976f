namespace JsonRpcLite.Http11;

/// <summary>The two ends of a connection.</summary>
public enum Http11Role
{
    /// <summary>The end that sends requests.</summary>
    Client,

    /// <summary>The end that sends responses.</summary>
    Server,
}
