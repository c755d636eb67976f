using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite.CompilerServices;

/// <summary>How values of one type travel: as an argument that a proxy writes, or as a result that it reads. Thread-safe.</summary>
/// <typeparam name="T">The type.</typeparam>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractValue<T>
{
    private readonly ValueFormat<T> _format;

    internal ContractValue(JsonTypeInfo<T> type)
    {
        Type = type;
        _format = new ValueFormat<T>(type);
    }

    internal JsonTypeInfo<T> Type { get; }

    /// <summary>Writes a value.</summary>
    /// <param name="writer">Where to write.</param>
    /// <param name="value">The value.</param>
    public void Write(Utf8JsonWriter writer, T value)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _format.Write(writer, value);
    }
}
