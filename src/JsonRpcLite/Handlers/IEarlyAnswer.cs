namespace JsonRpcLite;

/// <summary>What knows how to answer a call that takes too long, where that is more than an error with status 504.</summary>
internal interface IEarlyAnswer
{
    /// <summary>Makes the reply. Called on the watch's thread, while the call goes on in others.</summary>
    EarlyReply Make(string message);
}
