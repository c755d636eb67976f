using System.Buffers;

namespace JsonRpcLite.Http11;

/// <summary>Writes checked and planned heads and trailer sections, each into one span of the output.</summary>
/// <remarks>The fields that a caller has collected are stored in their form on the wire, so that they are usually copied in one piece, and otherwise line by line.</remarks>
internal static class HeadWriter
{
    private static ReadOnlySpan<byte> ChunkedLine => "Transfer-Encoding: chunked\r\n"u8;

    private static ReadOnlySpan<byte> CloseLine => "Connection: close\r\n"u8;

    public static void WriteRequest(IBufferWriter<byte> output, ReadOnlySpan<byte> method, ReadOnlySpan<byte> target, Http11Fields fields)
    {
        var wire = new WireSpan(output.GetSpan(method.Length + target.Length + SizeOf(fields) + 14));
        wire.Put(method);
        wire.Put(" "u8);
        wire.Put(target);
        wire.Put(" HTTP/1.1\r\n"u8);

        var table = fields.Table;
        var host = table.First(KnownField.Host);
        if (host == 0 && !fields.IsView && !table.HasMany(KnownField.ContentLength))
        {
            wire.Put(fields.WireBlock);
        }
        else
        {
            // Host goes first, since it determines the meaning of the rest (RFC 9112 3.2).
            wire.PutField(table.NameAt(host), table.ValueAt(host));
            for (var i = 0; i < table.Count; i++)
                if (i != host && !IsRepeatedLength(table, i))
                    wire.PutField(table.NameAt(i), table.ValueAt(i));
        }
        wire.Put("\r\n"u8);
        output.Advance(wire.Written);
    }

    public static void WriteResponse(
        IBufferWriter<byte> output, int status, ReadOnlySpan<byte> reason, Http11Fields? fields, in HeadPlan plan)
    {
        var wire = new WireSpan(output.GetSpan(reason.Length + SizeOf(fields) + ChunkedLine.Length + CloseLine.Length + 17));
        wire.Put("HTTP/1.1 "u8);
        wire.PutStatus(status);
        wire.Put(" "u8);
        wire.Put(reason);
        wire.Put("\r\n"u8);
        if (fields is not null)
        {
            if (plan.KeepsAll && !fields.IsView && !fields.Table.HasMany(KnownField.ContentLength))
                wire.Put(fields.WireBlock);
            else
                PutPlanned(ref wire, fields.Table, plan);
        }
        if (plan.AddChunked)
            wire.Put(ChunkedLine);
        if (plan.AddClose)
            wire.Put(CloseLine);
        wire.Put("\r\n"u8);
        output.Advance(wire.Written);
    }

    /// <summary>Writes the last chunk and the trailers behind it.</summary>
    public static void WriteTrailers(IBufferWriter<byte> output, Http11Fields? trailers)
    {
        var wire = new WireSpan(output.GetSpan(SizeOf(trailers) + 5));
        wire.Put("0\r\n"u8);
        for (var i = 0; i < (trailers?.Count ?? 0); i++)
            wire.PutField(trailers!.Table.NameAt(i), trailers.Table.ValueAt(i));
        wire.Put("\r\n"u8);
        output.Advance(wire.Written);
    }

    private static void PutPlanned(ref WireSpan wire, FieldTable table, in HeadPlan plan)
    {
        for (var i = 0; i < table.Count; i++)
        {
            var known = table.KnownAt(i);
            var isDropped = (plan.DropContentLength && known == KnownField.ContentLength)
                || (plan.DropTransferEncoding && known == KnownField.TransferEncoding);
            if (isDropped || IsRepeatedLength(table, i))
                continue;
            if (plan.AddClose && known == KnownField.Connection)
                PutWithoutKeepAlive(ref wire, table.NameAt(i), table.ValueAt(i));
            else
                wire.PutField(table.NameAt(i), table.ValueAt(i));
        }
    }

    // Joined without white space, so that the line never gets longer than the caller's, for which there is room.
    private static void PutWithoutKeepAlive(ref WireSpan wire, ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var isFirst = true;
        foreach (var token in new TokenList(value))
        {
            if (AsciiText.Is(token, "keep-alive"u8))
                continue;
            wire.Put(isFirst ? name : ","u8);
            wire.Put(isFirst ? ": "u8 : default);
            wire.Put(token);
            isFirst = false;
        }
        if (!isFirst)
            wire.Put("\r\n"u8);
    }

    private static bool IsRepeatedLength(FieldTable table, int index) =>
        table.KnownAt(index) == KnownField.ContentLength && index != table.First(KnownField.ContentLength);

    private static int SizeOf(Http11Fields? fields)
    {
        if (fields is null)
            return 0;
        if (!fields.IsView)
            return fields.WireBlock.Length;
        var size = 0;
        for (var i = 0; i < fields.Count; i++)
            size += fields.Table.NameAt(i).Length + fields.Table.ValueAt(i).Length + 4;
        return size;
    }
}
