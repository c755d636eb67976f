namespace JsonRpcLite;

/// <summary>Answers a call that is given up, if the answer is more than one error.</summary>
internal interface IEarlyAnswer
{
    /// <summary>Creates the reply; called on the watch's thread, while the call continues on others.</summary>
    /// <param name="statusCode">The reason as an HTTP status: 504, the call took too long; 503, the server shuts down.</param>
    /// <param name="message">The reason in words.</param>
    EarlyReply Make(int statusCode, string message);

    /// <summary>Called after the early reply was sent, or failed: unfinished calls count as answered in measurements.</summary>
    /// <param name="code">The error code that the caller got.</param>
    void End(int code);
}
