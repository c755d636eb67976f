namespace JsonRpcLite;

/// <summary>What happens when a call of a method is repeated, and so whether it may be (RFC 9110 9.2).</summary>
public enum JsonRpcIdempotency
{
    /// <summary>Nothing is known: a second call may do its work a second time.</summary>
    None,

    /// <summary>Several equal calls have the effect of one, as writing a value has.</summary>
    Idempotent,

    /// <summary>The call changes nothing, as reading a value; it is idempotent too. It can go by QUERY, and by GET where the server allows that.</summary>
    Safe,
}
