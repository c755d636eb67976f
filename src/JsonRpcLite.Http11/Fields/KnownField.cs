namespace JsonRpcLite.Http11;

/// <summary>The fields that the engine itself must understand: those that frame messages, name the host or steer the connection.</summary>
internal enum KnownField
{
    Other,
    Host,
    ContentLength,
    TransferEncoding,
    Connection,
    Expect,
    Upgrade,
}
