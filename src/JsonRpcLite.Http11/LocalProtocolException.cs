namespace JsonRpcLite.Http11;

/// <summary>
/// We broke the protocol, or were about to: what the caller asked to send is malformed, or may not be sent now. Nothing has been written.
/// A malformed part (a name, a value, a target, a status) leaves the connection as it was; an event out of order, or a body that disagrees
/// with its announced length, moves <see cref="Http11Connection.OurState"/> to <see cref="Http11State.Error"/>.
/// </summary>
public sealed class LocalProtocolException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was wrong, and the rule it breaks.</param>
    public LocalProtocolException(string message) : base(message)
    {
    }
}
