namespace JsonRpcLite.Http11;

/// <summary>Interprets and validates a received head (RFC 9112 3.2, 6.1 and 6.3).</summary>
/// <remarks>
/// Where the RFC lets a recipient choose between guessing and rejecting, a server rejects: a message that two recipients frame differently enables request smuggling.
/// </remarks>
internal static class IncomingHead
{
    private const string NotALength = "Content-Length must consist of digits only, and be below 2^63 (RFC 9110 8.6).";

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
        // The bytes after a CONNECT belong to the tunnel. Recipients would disagree about a body before it.
        if (hasContent && facts.Method == KnownMethod.Connect)
            throw new RemoteProtocolException("A CONNECT request must not have content (RFC 9110 9.3.6).");
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
            // Here length and coding describe the response to another request, or nothing. They frame nothing, so errors in them are tolerated.
            if (fields.Has(KnownField.ContentLength))
            {
                // A Content-Length that is not valid has no meaning, and must not be forwarded (RFC 9110 8.6).
                if (TryMergeContentLengths(fields, bytes, out var declared) is null)
                    facts.ContentLength = declared;
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
                throw new RemoteProtocolException("An HTTP/1.1 request must have a Host header field (RFC 9112 3.2).");
            return;
        }
        if (fields.HasMany(KnownField.Host))
            throw new RemoteProtocolException("There is more than one Host header field (RFC 9112 3.2).");
        if (!HostSyntax.IsValid(fields.ValueAt(fields.First(KnownField.Host), bytes)))
            throw new RemoteProtocolException("The Host header field is not a host with an optional port (RFC 9110 7.2).");
    }

    private static void CheckTransferEncoding(int minorVersion, FieldTable fields, ReadOnlySpan<byte> bytes)
    {
        if (fields.Has(KnownField.ContentLength))
            throw new RemoteProtocolException("The message has both Transfer-Encoding and Content-Length (RFC 9112 6.1).");
        if (minorVersion < 1)
            throw new RemoteProtocolException("An HTTP/1.0 message must not have Transfer-Encoding (RFC 9112 6.1).");
        var coding = fields.ValueAt(fields.First(KnownField.TransferEncoding), bytes);
        if (fields.HasMany(KnownField.TransferEncoding) || !AsciiText.Is(coding, "chunked"u8))
            RefuseCodings(fields, bytes);
    }

    /// <summary>Rejects transfer codings other than chunked alone.</summary>
    /// <remarks>Codings that end in chunked frame the message, and are merely unsupported; any others leave the length of the message in doubt (RFC 9112 6.1, 6.3).</remarks>
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
            ? new RemoteProtocolException("The only supported transfer coding is chunked (RFC 9112 6.1).", 501)
            : new RemoteProtocolException("The transfer codings must contain chunked exactly once, as the last one (RFC 9112 6.3).");
    }

    // A server may have sent one length twice, in two fields or in a list. If all are equal, the message counts as having one Content-Length (RFC 9110 8.6).
    private static long MergeContentLengths(FieldTable fields, ReadOnlySpan<byte> bytes) =>
        TryMergeContentLengths(fields, bytes, out var length) is { } fault ? throw new RemoteProtocolException(fault) : length;

    /// <summary>Merges equal lengths.</summary>
    /// <returns>The error; <c>null</c> if the lengths are valid and equal.</returns>
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
                    return "There are different values of Content-Length (RFC 9112 6.3).";
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
