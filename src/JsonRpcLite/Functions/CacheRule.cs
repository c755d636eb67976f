namespace JsonRpcLite;

/// <summary>For how long, and by which caches, the result of a method may be stored.</summary>
/// <param name="MaxAge">The number of seconds for which a cache may use the result without revalidation; 0 to revalidate each time.</param>
/// <param name="IsShared">Whether the result is the same for all callers, so that shared caches may store it.</param>
internal readonly record struct CacheRule(int MaxAge, bool IsShared)
{
    /// <summary>Returns the value of <c>Cache-Control</c> (RFC 9111 5.2.2).</summary>
    /// <param name="isForAnyone">Whether nothing in the request identifies its caller.</param>
    public string ControlFor(bool isForAnyone)
    {
        var scope = IsShared && isForAnyone ? "public" : "private";
        return MaxAge == 0 ? $"{scope}, no-cache" : $"{scope}, max-age={MaxAge}";
    }
}
