namespace JsonRpcLite;

/// <summary>The states of a server.</summary>
internal enum ServerState
{
    NotStarted,
    Serving,
    Stopping,
}
