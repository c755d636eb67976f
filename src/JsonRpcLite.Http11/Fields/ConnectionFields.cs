namespace JsonRpcLite.Http11;

/// <summary>Interprets Connection, Upgrade and Expect (RFC 9110 7.6.1, 7.8, 10.1.1), alike for incoming and outgoing heads.</summary>
internal static class ConnectionFields
{
    public static void Read(FieldTable fields, ReadOnlySpan<byte> bytes, ref HeadFacts facts)
    {
        // Neither Upgrade nor Expect has a meaning in HTTP/1.0.
        if (fields.Has(KnownField.Expect) && facts.MinorVersion >= 1)
            facts.ExpectsContinue = Lists(fields, KnownField.Expect, bytes, "100-continue"u8);
        if (!fields.Has(KnownField.Connection))
            return;

        for (var i = fields.First(KnownField.Connection); i < fields.Count; i++)
        {
            if (fields.KnownAt(i) != KnownField.Connection)
                continue;
            foreach (var token in new TokenList(fields.ValueAt(i, bytes)))
            {
                facts.SaysClose |= AsciiText.Is(token, "close"u8);
                facts.SaysUpgrade |= AsciiText.Is(token, "upgrade"u8);
            }
        }
        // Upgrade is hop-by-hop: unless Connection names it, it was not meant for this recipient.
        facts.OffersUpgrade = facts.SaysUpgrade && facts.MinorVersion >= 1 && fields.Has(KnownField.Upgrade)
            && !fields.ValueAt(fields.First(KnownField.Upgrade), bytes).IsEmpty;
    }

    private static bool Lists(FieldTable fields, KnownField known, ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> token)
    {
        for (var i = fields.First(known); i < fields.Count; i++)
            if (fields.KnownAt(i) == known && TokenList.Contains(fields.ValueAt(i, bytes), token))
                return true;
        return false;
    }
}
