namespace JsonRpcLite.Http11;

/// <summary>
/// What a field must look like before we write it (RFC 9110 5.1, 5.5). Whatever is broken here would be ours to answer for.
/// </summary>
internal static class FieldRules
{
    public static void CheckOutgoing(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty || ByteScan.Token(name) != name.Length)
            throw new LocalProtocolException("A field name is one or more token characters (RFC 9110 5.1).");
        if (ByteScan.FieldContent(value) != value.Length)
            throw new LocalProtocolException("A field value holds no control byte but tab (RFC 9110 5.5).");
        if (value.Length > 0 && (value[0] is (byte)' ' or (byte)'\t' || value[^1] is (byte)' ' or (byte)'\t'))
            throw new LocalProtocolException("White space around a field value is not part of it (RFC 9110 5.5).");
    }
}
