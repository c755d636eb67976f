namespace JsonRpcLite;

/// <summary>What knows how to answer a call that is given up, where that is more than one error.</summary>
internal interface IEarlyAnswer
{
    /// <summary>Makes the reply. Called on the watch's thread, while the call goes on in others.</summary>
    EarlyReply Make(string message);
}
