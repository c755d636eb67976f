namespace JsonRpcLite.Http11;

/// <summary>Checks fields before they are sent (RFC 9110 5.1, 5.5): the sender is responsible for malformed ones.</summary>
internal static class FieldRules
{
    public static void CheckOutgoing(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (name.IsEmpty || ByteScan.Token(name) != name.Length)
            throw new LocalProtocolException("A field name must be one or more token characters (RFC 9110 5.1).");
        if (ByteScan.FieldContent(value) != value.Length)
            throw new LocalProtocolException("A field value contains a control byte other than tab (RFC 9110 5.5).");
        if (value.Length > 0 && (value[0] is (byte)' ' or (byte)'\t' || value[^1] is (byte)' ' or (byte)'\t'))
            throw new LocalProtocolException("A field value must not begin or end with white space (RFC 9110 5.5).");
    }
}
