namespace JsonRpcLite.Http11;

// Interprets and checks a head to send, and plans its changes. Requests are only checked: the caller determines their content. For responses, the engine handles what depends on
// the peer:
//
//   - a body of unknown length is chunked for a peer that speaks HTTP/1.1, and ends with the connection for any other;
//   - Content-Length and Transfer-Encoding are sent only where they are allowed (RFC 9110 8.6, RFC 9112 6.1), and never together;
//   - Connection: close is sent if the connection will not be reused, for instance after a request that could not be read.
internal static class OutgoingHead
{
    public static void PlanRequest(ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, FieldTable fields, out HeadFacts facts)
    {
        facts = default;
        facts.MinorVersion = 1;
        if (method.IsEmpty || ByteScan.Token(method) != method.Length)
            throw new LocalProtocolException("A method must be one or more token characters (RFC 9110 9.1).");
        facts.Method = KnownMethods.Of(method);
        if (ByteScan.Visible(target) != target.Length || !TargetForm.IsAllowed(facts.Method, target))
            throw new LocalProtocolException("The target must consist of visible ASCII characters, in a form that the method allows (RFC 9112 3.2).");
        if (!fields.Has(KnownField.Host) || fields.HasMany(KnownField.Host))
            throw new LocalProtocolException("A request must have exactly one Host header field (RFC 9112 3.2).");
        if (!HostSyntax.IsValid(fields.ValueAt(fields.First(KnownField.Host))))
            throw new LocalProtocolException("The Host header field is not a host with an optional port (RFC 9110 7.2).");

        facts.ContentLength = CheckContentLength(fields);
        CheckTransferEncoding(fields);
        if (fields.Has(KnownField.TransferEncoding))
        {
            if (fields.Has(KnownField.ContentLength))
                throw new LocalProtocolException("A request must not have both Transfer-Encoding and Content-Length (RFC 9112 6.2).");
            facts.Framing = BodyFraming.Chunked;
        }
        facts.Length = Math.Max(0, facts.ContentLength);
        var hasContent = facts.Framing == BodyFraming.Chunked || facts.Length > 0;
        if (hasContent && facts.Method == KnownMethod.Connect)
            throw new LocalProtocolException("A CONNECT request must not have content (RFC 9110 9.3.6).");
        ConnectionFields.Read(fields, fields.Bytes.Span, ref facts);
        if (facts.ExpectsContinue && !hasContent)
            throw new LocalProtocolException("Expect: 100-continue announces content, but the request has no content (RFC 9110 10.1.1).");
        if (fields.Has(KnownField.Upgrade) && !facts.SaysUpgrade)
            throw new LocalProtocolException("Upgrade requires \"Connection: upgrade\" (RFC 9110 7.8).");
    }

    public static void PlanInformational(int status, FieldTable fields, out HeadPlan plan)
    {
        if (status is < 100 or > 199)
            throw new LocalProtocolException($"The status of an informational response must be from 100 to 199; it is {status} (RFC 9110 15.2).");
        CheckContentLength(fields);
        CheckTransferEncoding(fields);
        if (status == 101)
            CheckAcceptance(fields);
        plan = new HeadPlan
        {
            DropContentLength = fields.Has(KnownField.ContentLength),
            DropTransferEncoding = fields.Has(KnownField.TransferEncoding),
        };
    }

    public static void PlanResponse(
        int status, FieldTable fields, Exchange exchange, bool peerReadsChunks, out HeadFacts facts, out HeadPlan plan)
    {
        if (status is < 200 or > 599)
            throw new LocalProtocolException($"The status of a final response must be from 200 to 599; it is {status} (RFC 9110 15).");
        plan = default;
        facts = default;
        facts.Status = status;
        facts.MinorVersion = 1;
        facts.ContentLength = CheckContentLength(fields);
        CheckTransferEncoding(fields);
        if (status == 205 && facts.ContentLength > 0)
            throw new LocalProtocolException("A 205 response must not have content (RFC 9110 15.3.6).");
        var saysChunked = fields.Has(KnownField.TransferEncoding);

        if (status == 204 || exchange.AcceptsConnect(status))
        {
            plan.DropContentLength = facts.ContentLength >= 0;
            plan.DropTransferEncoding = saysChunked;
        }
        else if (saysChunked || (facts.ContentLength < 0 && status != 304))
        {
            plan.DropContentLength = facts.ContentLength >= 0;
            plan.DropTransferEncoding = saysChunked && !peerReadsChunks;
            plan.AddChunked = !saysChunked && peerReadsChunks;
            facts.Framing = peerReadsChunks ? BodyFraming.Chunked : BodyFraming.UntilClose;
        }
        else
        {
            facts.Length = Math.Max(0, facts.ContentLength);
        }

        // The fields of such a response describe another response (RFC 9110 9.3.2, 15.4.5). It has no body itself.
        if (exchange.IsBodiless(status))
        {
            facts.Framing = BodyFraming.Length;
            facts.Length = 0;
        }

        ConnectionFields.Read(fields, fields.Bytes.Span, ref facts);
        var closes = !exchange.Machine.KeepAlive || exchange.Machine.Client is Http11State.Error or Http11State.Closed || facts.Framing == BodyFraming.UntilClose;
        plan.AddClose = closes && !facts.SaysClose && !exchange.AcceptsConnect(status);
        facts.SaysClose |= closes;
    }

    private static void CheckAcceptance(FieldTable fields)
    {
        var facts = new HeadFacts { MinorVersion = 1 };
        ConnectionFields.Read(fields, fields.Bytes.Span, ref facts);
        if (!facts.OffersUpgrade)
            throw new LocalProtocolException("A 101 response must name the protocol in Upgrade, and have \"Connection: upgrade\" (RFC 9110 7.8).");
    }

    /// <summary>Rejects trailers that frame, route or control, because recipients may merge them into the head (RFC 9110 6.5.1).</summary>
    public static void CheckTrailers(FieldTable trailers)
    {
        for (var i = 0; i < trailers.Count; i++)
            if (trailers.KnownAt(i) != KnownField.Other || TrailerRules.IsForHeadsOnly(trailers.NameAt(i)))
                throw new LocalProtocolException(
                    "A trailer field must not frame, route, authenticate, modify a request, control a response or declare a format (RFC 9110 6.5.1).");
    }

    /// <summary>Gets the Content-Length; -1 if there is none.</summary>
    /// <remarks>Equal repeats count as one, of which only the first is sent.</remarks>
    private static long CheckContentLength(FieldTable fields)
    {
        if (!fields.Has(KnownField.ContentLength))
            return -1;
        long length = -1;
        for (var i = fields.First(KnownField.ContentLength); i < fields.Count; i++)
        {
            if (fields.KnownAt(i) != KnownField.ContentLength)
                continue;
            if (!Digits.TryDecimal(fields.ValueAt(i), out var value))
                throw new LocalProtocolException("Content-Length must consist of digits only, and be below 2^63 (RFC 9110 8.6).");
            if (length >= 0 && value != length)
                throw new LocalProtocolException("There are different values of Content-Length (RFC 9112 6.3).");
            length = value;
        }
        return length;
    }

    private static void CheckTransferEncoding(FieldTable fields)
    {
        if (!fields.Has(KnownField.TransferEncoding))
            return;
        var coding = fields.ValueAt(fields.First(KnownField.TransferEncoding));
        if (fields.HasMany(KnownField.TransferEncoding) || !AsciiText.Is(coding, "chunked"u8))
            throw new LocalProtocolException("The only transfer coding that can be sent is chunked, once (RFC 9112 6.1).");
    }
}
