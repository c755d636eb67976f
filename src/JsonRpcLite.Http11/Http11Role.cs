namespace JsonRpcLite.Http11;

/// <summary>Which end of the connection a message, or an engine, stands for.</summary>
public enum Http11Role
{
    /// <summary>The end that sends requests.</summary>
    Client,

    /// <summary>The end that answers them.</summary>
    Server,
}
