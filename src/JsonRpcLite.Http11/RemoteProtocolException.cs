namespace JsonRpcLite.Http11;

/// <summary>The peer has broken the protocol.</summary>
/// <remarks>
/// From now on <see cref="Http11Connection.TheirState"/> is <see cref="Http11State.Error"/>, and every later read throws again. The own end still works, so that a server can
/// respond with <see cref="StatusHint"/> before it closes.
/// </remarks>
public sealed class RemoteProtocolException : Exception
{
    /// <summary>Makes the exception.</summary>
    /// <param name="message">The error, and the rule that it breaks.</param>
    /// <param name="statusHint">The status with which a server should respond.</param>
    public RemoteProtocolException(string message, int statusHint = 400) : base(message) => StatusHint = statusHint;

    /// <summary>The status with which a server should respond.</summary>
    /// <remarks>It has no meaning for a client.</remarks>
    /// <value>
    /// 400 unless a more precise status is known: 413 for a chunk size that does not fit 63 bits, 414 for a request line that is too long, 431 for a head that is too large, 501
    /// for an unknown transfer coding or an endless method, 505 for another major version.
    /// </value>
    public int StatusHint { get; }
}
