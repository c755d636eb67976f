using System.Buffers;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>Writes request objects (JSON-RPC 2.0, 4).</summary>
internal sealed class RpcRequestWriter(JsonRpcSerializer serializer)
{
    /// <param name="target">The buffer to write to.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="parameters">The parameters, by their type at run time.</param>
    /// <param name="id"><c>null</c> for a notification.</param>
    public void WriteUntyped(BodyBuffer target, string method, object? parameters, long? id)
    {
        if (parameters is JsonRpcCallOptions)
            throw new ArgumentException(
                $"The parameters are {nameof(JsonRpcCallOptions)}. Pass the options to {nameof(JsonRpcClient)}.{nameof(JsonRpcClient.With)}, and call the method on the client that it returns.",
                nameof(parameters));
        var mark = Begin(target, method);
        if (parameters is not null)
            serializer.WriteUntyped(target, parameters);
        End(target, mark, id);
    }

    /// <inheritdoc cref="WriteUntyped"/>
    /// <typeparam name="TParams">The type by which the parameters are written.</typeparam>
    public void Write<TParams>(BodyBuffer target, string method, TParams parameters, long? id)
    {
        // A tuple is always written as the array of its items.
        if (parameters is null or ITuple)
        {
            WriteUntyped(target, method, parameters, id);
            return;
        }
        var mark = Begin(target, method);
        serializer.Write(target, parameters, serializer.TypeOf<TParams>());
        End(target, mark, id);
    }

    /// <param name="target">The buffer to write to.</param>
    /// <param name="method">The method's name.</param>
    /// <param name="id"><c>null</c> for a notification.</param>
    /// <param name="arguments">The arguments.</param>
    /// <param name="write">Writes the parameters as one array or object, or writes nothing.</param>
    /// <typeparam name="TArguments">Holds the arguments.</typeparam>
    public void Write<TArguments>(BodyBuffer target, string method, TArguments arguments, Action<Utf8JsonWriter, TArguments> write, long? id)
    {
        var mark = Begin(target, method);
        serializer.Write(target, arguments, write);
        End(target, mark, id);
    }

    private static ReadOnlySpan<byte> ParamsBegin => ",\"params\":"u8;

    private int Begin(BodyBuffer target, string method)
    {
        ArgumentNullException.ThrowIfNull(method);
        target.Write("{\"jsonrpc\":\"2.0\",\"method\":"u8);
        serializer.Write(target, method, static (writer, m) => writer.WriteStringValue(m));
        target.Write(ParamsBegin);
        return target.Length;
    }

    private static void End(BodyBuffer target, int mark, long? id)
    {
        var written = target.WrittenSpan[mark..];
        if (written.IsEmpty || written.SequenceEqual("null"u8))
            target.Truncate(mark - ParamsBegin.Length);
        else if (written[0] is not ((byte)'{' or (byte)'['))
            throw new ArgumentException(
                "The parameters are a single value, and JSON-RPC takes an array or an object (JSON-RPC 2.0, 4.2). Put the value into an array or an object.");
        if (id is { } number)
        {
            target.Write(",\"id\":"u8);
            number.TryFormat(target.GetSpan(20), out var length, default, CultureInfo.InvariantCulture);
            target.Advance(length);
        }
        target.Write("}"u8);
    }
}
