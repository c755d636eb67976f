using System.Buffers;

namespace JsonRpcLite.Http11;

// Writes this end's messages. Everything is checked before the first byte is written: first the form of the caller's arguments, where a failure changes nothing; then the order,
// by the exchange; then the length of the body. A failure of order or length breaks this end for good, because the peer could no longer assign the bytes to messages.
internal sealed class MessageWriter(Http11Role role, Exchange exchange)
{
    private const int LargestJoinedChunk = 4096;
    private const int MostChunkFraming = 16 + 2 + 2;

    private static readonly FieldTable NoFields = new();

    private BodyFraming _framing;
    private long _left;
    private long _passing = -1;
    private bool _isEmpty;

    public void Reset() => _passing = -1;

    public void WriteRequest(IBufferWriter<byte> output, ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, Http11Fields fields)
    {
        CheckReady(Http11Role.Client);
        CheckView(fields);
        OutgoingHead.PlanRequest(method, target, fields.Table, out var facts);
        if (!exchange.TryRequest(facts))
            throw OutOfOrder("a request");
        BeginBody(facts);
        HeadWriter.WriteRequest(output, method, target, fields);
    }

    public void WriteInformational(IBufferWriter<byte> output, int status, ReadOnlySpan<byte> reason, Http11Fields? fields)
    {
        CheckReady(Http11Role.Server);
        CheckView(fields);
        CheckReason(reason);
        OutgoingHead.PlanInformational(status, fields?.Table ?? NoFields, out var plan);
        if (exchange.TheirMinorVersion == 0)
            throw new LocalProtocolException("An HTTP/1.0 client does not know informational responses (RFC 9110 15.2).");
        if (!exchange.TryInformationalResponse(status))
            throw OutOfOrder(status == 101 ? "a switch of protocols that the client has not proposed" : "an informational response");
        HeadWriter.WriteResponse(output, status, reason, fields, plan);
    }

    public void WriteResponse(IBufferWriter<byte> output, int status, ReadOnlySpan<byte> reason, Http11Fields? fields)
    {
        CheckReady(Http11Role.Server);
        CheckView(fields);
        CheckReason(reason);
        OutgoingHead.PlanResponse(status, fields?.Table ?? NoFields, exchange, exchange.TheirMinorVersion >= 1, out var facts, out var plan);
        if (!exchange.TryResponse(facts))
            throw OutOfOrder("a response");
        BeginBody(facts);
        HeadWriter.WriteResponse(output, status, reason, fields, plan);
    }

    public void WriteData(IBufferWriter<byte> output, ReadOnlySpan<byte> data)
    {
        CheckData(data.Length);
        if (data.IsEmpty)
            return;
        if (_framing != BodyFraming.Chunked)
        {
            output.Write(data);
        }
        else if (data.Length <= LargestJoinedChunk)
        {
            var wire = new WireSpan(output.GetSpan(data.Length + MostChunkFraming));
            wire.PutHex(data.Length);
            wire.Put("\r\n"u8);
            wire.Put(data);
            wire.Put("\r\n"u8);
            output.Advance(wire.Written);
        }
        else
        {
            WriteChunkLine(output, data.Length);
            output.Write(data);
            output.Write("\r\n"u8);
        }
    }

    public void BeginData(IBufferWriter<byte> output, long length)
    {
        CheckData(length);
        _passing = length;
        if (_framing == BodyFraming.Chunked && length > 0)
            WriteChunkLine(output, length);
    }

    public void EndData(IBufferWriter<byte> output)
    {
        CheckUnbroken();
        if (_passing < 0)
            throw Break("EndData was called without BeginData.");
        if (_framing == BodyFraming.Chunked && _passing > 0)
            output.Write("\r\n"u8);
        _passing = -1;
    }

    public void WriteEndOfMessage(IBufferWriter<byte> output, Http11Fields? trailers)
    {
        CheckReady(role);
        CheckView(trailers);
        OutgoingHead.CheckTrailers(trailers?.Table ?? NoFields);
        if (exchange.Machine[role] != Http11State.SendBody)
            throw OutOfOrder("the end of a message");
        if (_framing != BodyFraming.Chunked && trailers is { Count: > 0 })
            throw Break("Only a chunked body can have trailers (RFC 9112 7.1.2).");
        if (_framing == BodyFraming.Length && _left != 0)
            throw Break($"The body is {_left} bytes shorter than its declared length (RFC 9112 6.2).");
        exchange.TryEndOfMessage(role);
        if (_framing == BodyFraming.Chunked)
            HeadWriter.WriteTrailers(output, trailers);
    }

    public void Close()
    {
        CheckReady(role);
        if (!exchange.Machine.TryMove(role, StateEvent.ConnectionClosed))
            throw OutOfOrder("closing");
    }

    private void BeginBody(in HeadFacts facts)
    {
        _framing = facts.Framing;
        _left = facts.Length;
        _isEmpty = facts.Status == 205;
    }

    private void CheckData(long length)
    {
        CheckReady(role);
        if (!exchange.TryData(role))
            throw OutOfOrder("data");
        if (_isEmpty && length > 0)
            throw Break("A 205 response must not have content (RFC 9110 15.3.6).");
        if (_framing != BodyFraming.Length)
            return;
        if (length > _left)
            throw Break($"The body is {length - _left} bytes longer than its declared length (RFC 9112 6.2).");
        _left -= length;
    }

    private void CheckReady(Http11Role sender)
    {
        CheckUnbroken();
        if (role != sender)
            throw Break(role == Http11Role.Client ? "A client cannot send responses." : "A server cannot send requests.");
        if (_passing >= 0)
            throw Break("EndData must be called before anything else can be sent.");
    }

    private void CheckUnbroken()
    {
        if (exchange.Machine[role] == Http11State.Error)
            throw new LocalProtocolException("An earlier error broke this end of the connection; nothing more can be sent on it. Close the connection.");
    }

    /// <summary>Checks fields that were read, which a lenience may have let through.</summary>
    /// <remarks>Own fields were checked when they were added.</remarks>
    private static void CheckView(Http11Fields? fields)
    {
        if (fields is not { IsView: true })
            return;
        if (!fields.Table.IsWhole && fields.Table.Count > 0)
            throw new LocalProtocolException("The header fields belong to a head that is still being read.");
        for (var i = 0; i < fields.Count; i++)
        {
            FieldRules.CheckOutgoing(fields.Table.NameAt(i), fields.Table.ValueAt(i));
            // The caller may have overwritten the memory in the meantime. A framing field must not get in unnoticed.
            if (KnownFields.Of(fields.Table.NameAt(i)) != fields.Table.KnownAt(i))
                throw new LocalProtocolException("The bytes of the head that was read have been overwritten.");
        }
    }

    private static void CheckReason(ReadOnlySpan<byte> reason)
    {
        if (ByteScan.FieldContent(reason) != reason.Length)
            throw new LocalProtocolException("A reason phrase contains a control byte other than tab (RFC 9112 4).");
    }

    private static void WriteChunkLine(IBufferWriter<byte> output, long length)
    {
        var wire = new WireSpan(output.GetSpan(MostChunkFraming));
        wire.PutHex(length);
        wire.Put("\r\n"u8);
        output.Advance(wire.Written);
    }

    private LocalProtocolException OutOfOrder(string what)
    {
        var state = exchange.Machine[role];
        return Break($"Sending {what} is out of order: the {(role == Http11Role.Client ? "client" : "server")} is in state {state}.");
    }

    private LocalProtocolException Break(string message)
    {
        exchange.Machine.Break(role);
        return new LocalProtocolException(message);
    }
}
