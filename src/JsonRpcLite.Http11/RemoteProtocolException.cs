namespace JsonRpcLite.Http11;

/// <summary>
/// The peer broke the protocol. <see cref="Http11Connection.TheirState"/> is <see cref="Http11State.Error"/> from here on and every later
/// read throws again; our own side still works, so that a server can answer with <see cref="StatusHint"/> before it closes.
/// </summary>
public sealed class RemoteProtocolException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">What was wrong, and the rule it breaks.</param>
    /// <param name="statusHint">The status a server would answer with.</param>
    public RemoteProtocolException(string message, int statusHint = 400) : base(message) => StatusHint = statusHint;

    /// <summary>
    /// The status that fits, for a server that answers: 400 unless something more precise is known (414 request line too long, 431 head
    /// too large, 501 an unknown transfer coding or an endless method, 505 another major version). Without meaning for a client.
    /// </summary>
    public int StatusHint { get; }
}
