namespace JsonRpcLite;

/// <summary>How long the result of a method may be kept by caches, and by which.</summary>
/// <param name="MaxAge">For how many seconds it may be used without asking again; 0 where it must be asked each time.</param>
/// <param name="IsShared">Whether it is the same for all callers, so that a cache may give it to others.</param>
internal readonly record struct CacheRule(int MaxAge, bool IsShared)
{
    /// <summary>The value of <c>Cache-Control</c> (RFC 9111 5.2.2).</summary>
    /// <param name="isForAnyone">Whether nothing of the request says who its caller is.</param>
    public string ControlFor(bool isForAnyone)
    {
        var who = IsShared && isForAnyone ? "public" : "private";
        return MaxAge == 0 ? $"{who}, no-cache" : $"{who}, max-age={MaxAge}";
    }
}
