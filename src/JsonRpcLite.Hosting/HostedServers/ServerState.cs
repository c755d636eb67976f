namespace JsonRpcLite;

/// <summary>Whether a server takes calls.</summary>
internal enum ServerState
{
    NotStarted,
    Serving,
    Stopping,
}
