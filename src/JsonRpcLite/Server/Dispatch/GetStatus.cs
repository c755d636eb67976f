namespace JsonRpcLite;

/// <summary>The HTTP status of a failed call by GET, for each error code.</summary>
/// <remarks>With these, no cache or proxy takes a failure for a success, or retries a call that cannot succeed.</remarks>
internal static class GetStatus
{
    public static int Of(int code) => code switch
    {
        JsonRpcErrorCodes.ParseError or JsonRpcErrorCodes.InvalidRequest or JsonRpcErrorCodes.InvalidParams => 400,
        JsonRpcErrorCodes.NotAllowed => 403,
        JsonRpcErrorCodes.MethodNotFound => 404,
        JsonRpcErrorCodes.StreamOnly => 406,
        JsonRpcErrorCodes.TooManyCalls => 429,
        JsonRpcErrorCodes.Refused => 503,
        JsonRpcErrorCodes.TimedOut => 504,
        _ => 500,
    };
}
