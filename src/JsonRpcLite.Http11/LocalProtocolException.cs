namespace JsonRpcLite.Http11;

/// <summary>The caller was about to break the protocol: a message to send is malformed, or may not be sent now.</summary>
/// <remarks>
/// Nothing has been written. A malformed part (a name, a value, a target, a status) leaves the connection unchanged; an event out of order, or a body that differs from its
/// declared length, moves <see cref="Http11Connection.OurState"/> to <see cref="Http11State.Error"/>.
/// </remarks>
public sealed class LocalProtocolException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">The error, and the rule that it breaks.</param>
    public LocalProtocolException(string message) : base(message)
    {
    }
}
