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
        _fields.Clear();
        _output.ResetWrittenCount();
        _fields.AddAll(fields);
        if (!fields.Contains("Date"))
            _fields.Add("Date"u8, date);
        if (length is { } known)
            _fields.Add("Content-Length"u8, known);
        if (isLast)
            _fields.Add("Connection"u8, "close"u8);
        engine.SendResponse(_output, statusCode, ReasonPhrases.Of(statusCode), _fields);
        if (sentLength > 0)
        {
            engine.BeginData(_output, sentLength);
            engine.EndData(_output);
        }
        engine.SendEndOfMessage(_output);
        return _output.WrittenSpan;
    }
}
