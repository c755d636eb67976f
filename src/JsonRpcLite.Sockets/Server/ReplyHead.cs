using System.Buffers;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>Writes the heads of replies, into memory that is used again. Not thread-safe.</summary>
internal sealed class ReplyHead
{
    private readonly Http11Fields _fields = new();
    private readonly ArrayBufferWriter<byte> _output = new(256);

    /// <summary>Writes a head, and tells the engine that the whole message has been sent. What it returns is valid until the next call.</summary>
    /// <param name="engine">Knows what the peer asked for.</param>
    /// <param name="statusCode">200 to 599.</param>
    /// <param name="fields">The fields, without those of the framing.</param>
    /// <param name="length">The body's length; <c>null</c> for a reply that has no body by its status.</param>
    /// <param name="sentLength">How much of the body will be sent: nothing to HEAD.</param>
    /// <param name="isLast">Whether the connection ends with this reply.</param>
    /// <param name="date">The value of <c>Date</c>.</param>
    public ReadOnlySpan<byte> Write(Http11Connection engine, int statusCode, HeaderFields fields, int? length, int sentLength, bool isLast, ReadOnlySpan<byte> date)
    {
        _output.ResetWrittenCount();
        WriteTo(_output, engine, statusCode, fields, length, isLast, date);
        if (sentLength > 0)
        {
            engine.BeginData(_output, sentLength);
            engine.EndData(_output);
        }
        engine.SendEndOfMessage(_output);
        return _output.WrittenSpan;
    }

    /// <summary>Writes the head alone. Without a length, the engine frames the body by chunks, or to HTTP/1.0 by the end of the connection.</summary>
    public void WriteTo(IBufferWriter<byte> output, Http11Connection engine, int statusCode, HeaderFields fields, int? length, bool isLast, ReadOnlySpan<byte> date)
    {
        _fields.Clear();
        _fields.AddAll(fields);
        if (!fields.Contains("Date"))
            _fields.Add("Date"u8, date);
        if (length is { } known)
            _fields.Add("Content-Length"u8, known);
        if (isLast)
            _fields.Add("Connection"u8, "close"u8);
        engine.SendResponse(output, statusCode, ReasonPhrases.Of(statusCode), _fields);
    }
}
