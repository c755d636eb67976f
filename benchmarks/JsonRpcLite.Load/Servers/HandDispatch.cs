using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>The JSON work of the servers without a library, written by hand and lean.</summary>
internal static class HandDispatch
{
    /// <summary>The largest buffer that is kept for the next reply.</summary>
    private const int MostKept = 1024 * 1024;

    [ThreadStatic]
    private static ArrayBufferWriter<byte>? _output;

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    /// <summary>The reply, valid until the next one of this thread.</summary>
    public static ReadOnlySpan<byte> Answer(Workload workload, ReadOnlySequence<byte> body)
    {
        var output = _output ??= new ArrayBufferWriter<byte>(256);
        var writer = _writer ??= new Utf8JsonWriter(output);
        output.ResetWrittenCount();
        writer.Reset(output);
        var reader = new Utf8JsonReader(body);
        if (workload == Workload.Subtract)
            Subtract(ref reader, writer);
        else
            new JsonObject { ["echo"] = JsonNode.Parse(ref reader) }.WriteTo(writer);
        writer.Flush();
        if (output.Capacity > MostKept)
            (_output, _writer) = (null, null);
        return output.WrittenSpan;
    }

    /// <summary>Handles one method with parameters by position and a numeric id, without any rules.</summary>
    private static void Subtract(ref Utf8JsonReader reader, Utf8JsonWriter writer)
    {
        var (isSubtract, id, minuend, subtrahend) = (false, 0L, 0, 0);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("method"u8))
            {
                reader.Read();
                isSubtract = reader.ValueTextEquals("subtract"u8);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                reader.Read();
                id = reader.GetInt64();
            }
            else if (reader.ValueTextEquals("params"u8))
            {
                reader.Read();
                reader.Read();
                minuend = reader.GetInt32();
                reader.Read();
                subtrahend = reader.GetInt32();
                reader.Read();
            }
            else
            {
                reader.Skip();
            }
        }
        writer.WriteStartObject();
        writer.WriteString("jsonrpc"u8, "2.0"u8);
        if (isSubtract)
        {
            writer.WriteNumber("result"u8, minuend - subtrahend);
        }
        else
        {
            writer.WriteStartObject("error"u8);
            writer.WriteNumber("code"u8, -32601);
            writer.WriteString("message"u8, "Method not found"u8);
            writer.WriteEndObject();
        }
        writer.WriteNumber("id"u8, id);
        writer.WriteEndObject();
    }
}
