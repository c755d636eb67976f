namespace JsonRpcLite;

/// <summary>What knows how to answer a call that is given up, where that is more than one error.</summary>
internal interface IEarlyAnswer
{
    /// <summary>Makes the reply. Called on the watch's thread, while the call goes on in others.</summary>
    /// <param name="statusCode">Why, as the status of a plain call would say it: 504, it took too long; 503, the server stops.</param>
    /// <param name="message">The same in words.</param>
    EarlyReply Make(int statusCode, string message);

    /// <summary>The early reply has been sent, or could not be: calls that are not done are answered, as far as anybody measures them.</summary>
    /// <param name="code">The code that their caller got.</param>
    void End(int code);
}
