using System.Buffers;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>Writes the heads of replies into reused memory.</summary>
/// <remarks>Not thread-safe.</remarks>
internal sealed class ReplyHead
{
    private readonly Http11Fields _fields = new();
    private readonly ArrayBufferWriter<byte> _output = new(256);

    /// <summary>Writes a head, and records in the engine that the whole message was sent.</summary>
    /// <returns>The head, valid until the next call.</returns>
    /// <param name="engine">The engine that has read the request.</param>
    /// <param name="statusCode">200 to 599.</param>
    /// <param name="fields">The header fields, without those of the framing.</param>
    /// <param name="length">The body's length; <c>null</c> if replies with this status have no body.</param>
    /// <param name="sentLength">The number of body bytes that will be sent; 0 in reply to HEAD.</param>
    /// <param name="isLast">Whether the connection ends after this reply.</param>
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

    /// <summary>Writes only the head.</summary>
    /// <remarks>Without a length, the engine frames the body in chunks, or for HTTP/1.0 by the end of the connection.</remarks>
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
