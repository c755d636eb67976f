namespace JsonRpcLite.Http11;

/// <summary>
/// What a head that came means, and whether it may stand (RFC 9112 3.2, 6.1 and 6.3). Where the RFC lets a recipient choose between
/// guessing and refusing, a server refuses: a message that two recipients frame differently is how requests are smuggled.
/// </summary>
internal static class IncomingHead
{
    private const string NotALength = "Content-Length is digits and nothing else, below 2^63 (RFC 9110 8.6).";

    public static void ReadRequest(in RequestLine line, FieldTable fields, ReadOnlySpan<byte> bytes, out HeadFacts facts)
    {
        facts = default;
        facts.Method = line.Method;
        facts.MinorVersion = line.MinorVersion;
        facts.ContentLength = -1;
        CheckHost(line.MinorVersion, fields, bytes);

        if (fields.Has(KnownField.TransferEncoding))
        {
            CheckTransferEncoding(line.MinorVersion, fields, bytes);
            facts.Framing = BodyFraming.Chunked;
        }
        else if (fields.Has(KnownField.ContentLength))
        {
            if (fields.HasMany(KnownField.ContentLength))
                throw new RemoteProtocolException("There is more than one Content-Length (RFC 9112 6.3).");
            if (!Digits.TryDecimal(fields.ValueAt(fields.First(KnownField.ContentLength), bytes), out facts.Length))
                throw new RemoteProtocolException(NotALength);
            facts.ContentLength = facts.Length;
        }

        var hasContent = facts.Framing == BodyFraming.Chunked || facts.Length > 0;
        // What follows a CONNECT belongs to the tunnel; a body before it would be read differently by everybody.
        if (hasContent && facts.Method == KnownMethod.Connect)
            throw new RemoteProtocolException("A CONNECT request has no content (RFC 9110 9.3.6).");
        ConnectionFields.Read(fields, bytes, ref facts);
        facts.ExpectsContinue &= hasContent;
    }

    public static void ReadResponse(in StatusLine line, FieldTable fields, ReadOnlySpan<byte> bytes, Exchange exchange, out HeadFacts facts)
    {
        facts = default;
        facts.Status = line.Status;
        facts.MinorVersion = line.MinorVersion;
        facts.ContentLength = -1;
        if (exchange.IsBodiless(line.Status))
        {
            // Length and coding describe what another request would have got, or nothing; they frame nothing and are not held against the
            // server.
            if (fields.Has(KnownField.ContentLength))
            {
                // What tells no length tells nothing, and must not be sent on (RFC 9110 8.6).
                if (TryMergeContentLengths(fields, bytes, out var told) is null)
                    facts.ContentLength = told;
                else
                    fields.Remove(KnownField.ContentLength);
            }
        }
        else if (fields.Has(KnownField.TransferEncoding))
        {
            CheckTransferEncoding(line.MinorVersion, fields, bytes);
            facts.Framing = BodyFraming.Chunked;
        }
        else if (fields.Has(KnownField.ContentLength))
        {
            facts.Length = MergeContentLengths(fields, bytes);
            facts.ContentLength = facts.Length;
        }
        else
        {
            facts.Framing = BodyFraming.UntilClose;
        }
        ConnectionFields.Read(fields, bytes, ref facts);
    }

    private static void CheckHost(int minorVersion, FieldTable fields, ReadOnlySpan<byte> bytes)
    {
        if (!fields.Has(KnownField.Host))
        {
            if (minorVersion >= 1)
                throw new RemoteProtocolException("An HTTP/1.1 request has a Host field (RFC 9112 3.2).");
            return;
        }
        if (fields.HasMany(KnownField.Host))
            throw new RemoteProtocolException("There is more than one Host field (RFC 9112 3.2).");
        if (!HostSyntax.IsValid(fields.ValueAt(fields.First(KnownField.Host), bytes)))
            throw new RemoteProtocolException("The Host field is no host with an optional port (RFC 9110 7.2).");
    }

    private static void CheckTransferEncoding(int minorVersion, FieldTable fields, ReadOnlySpan<byte> bytes)
    {
        if (fields.Has(KnownField.ContentLength))
            throw new RemoteProtocolException("Transfer-Encoding and Content-Length stand together (RFC 9112 6.1).");
        if (minorVersion < 1)
            throw new RemoteProtocolException("Transfer-Encoding stands in an HTTP/1.0 message (RFC 9112 6.1).");
        var coding = fields.ValueAt(fields.First(KnownField.TransferEncoding), bytes);
        if (fields.HasMany(KnownField.TransferEncoding) || !AsciiText.Is(coding, "chunked"u8))
            RefuseCodings(fields, bytes);
    }

    /// <summary>Codings that end in chunked frame the message, and are only not understood; any others leave its length in doubt (RFC 9112 6.1, 6.3).</summary>
    private static void RefuseCodings(FieldTable fields, ReadOnlySpan<byte> bytes)
    {
        var (chunked, isLastChunked) = (0, false);
        for (var i = fields.First(KnownField.TransferEncoding); i < fields.Count; i++)
        {
            if (fields.KnownAt(i) != KnownField.TransferEncoding)
                continue;
            var rest = fields.ValueAt(i, bytes);
            foreach (var part in rest.Split((byte)','))
            {
                isLastChunked = AsciiText.Is(rest[part].Trim(" \t"u8), "chunked"u8);
                chunked += isLastChunked ? 1 : 0;
            }
        }
        throw isLastChunked && chunked == 1
            ? new RemoteProtocolException("The only transfer coding that is understood is chunked (RFC 9112 6.1).", 501)
            : new RemoteProtocolException("The transfer codings do not end in chunked, once (RFC 9112 6.3).");
    }

    // A server may have sent one length twice, in two fields or in a list; if all are equal the message is taken as if it had said so once
    // (RFC 9110 8.6).
    private static long MergeContentLengths(FieldTable fields, ReadOnlySpan<byte> bytes) =>
        TryMergeContentLengths(fields, bytes, out var length) is { } fault ? throw new RemoteProtocolException(fault) : length;

    /// <summary>Answers what is wrong with the lengths, or null.</summary>
    private static string? TryMergeContentLengths(FieldTable fields, ReadOnlySpan<byte> bytes, out long length)
    {
        var first = fields.First(KnownField.ContentLength);
        if (!fields.HasMany(KnownField.ContentLength) && Digits.TryDecimal(fields.ValueAt(first, bytes), out length))
            return null;

        length = -1;
        for (var i = first; i < fields.Count; i++)
        {
            if (fields.KnownAt(i) != KnownField.ContentLength)
                continue;
            var rest = fields.ValueAt(i, bytes);
            while (true)
            {
                var comma = rest.IndexOf((byte)',');
                if (!Digits.TryDecimal((comma < 0 ? rest : rest[..comma]).Trim(" \t"u8), out var value))
                    return NotALength;
                if (length >= 0 && value != length)
                    return "Two Content-Lengths differ (RFC 9112 6.3).";
                length = value;
                if (comma < 0)
                    break;
                rest = rest[(comma + 1)..];
            }
        }
        var text = fields.ValueAt(first, bytes);
        if (Digits.Run(text) is var digits && digits < text.Length)
            fields.ShortenValue(first, digits);
        if (fields.HasMany(KnownField.ContentLength))
            fields.KeepFirst(KnownField.ContentLength);
        return null;
    }
}
