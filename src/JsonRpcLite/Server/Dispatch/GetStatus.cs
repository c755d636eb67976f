namespace JsonRpcLite;

/// <summary>The status of a call by GET that failed: nothing in between may take it for success, or repeat what cannot succeed.</summary>
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
