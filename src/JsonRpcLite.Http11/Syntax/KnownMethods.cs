namespace JsonRpcLite.Http11;

/// <summary>Recognizes the methods that affect framing.</summary>
internal static class KnownMethods
{
    public static KnownMethod Of(ReadOnlySpan<byte> method) => method.Length switch
    {
        4 when method.SequenceEqual("HEAD"u8) => KnownMethod.Head,
        7 when method.SequenceEqual("CONNECT"u8) => KnownMethod.Connect,
        7 when method.SequenceEqual("OPTIONS"u8) => KnownMethod.Options,
        _ => KnownMethod.Other,
    };
}
