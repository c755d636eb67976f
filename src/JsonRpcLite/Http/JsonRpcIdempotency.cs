namespace JsonRpcLite;

/// <summary>The effect of repeating a call of a method, which determines whether it may be repeated (RFC 9110 9.2).</summary>
public enum JsonRpcIdempotency
{
    /// <summary>The effect is unknown: a second call may do its work a second time.</summary>
    None,

    /// <summary>Several equal calls have the effect of one, such as a call that sets a value.</summary>
    Idempotent,

    /// <summary>The call changes nothing, such as a call that reads a value; it is also idempotent.</summary>
    /// <remarks>It can be sent by QUERY, and by GET where the server allows that.</remarks>
    Safe,
}
