using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Reads and writes values of one type in the middle of a text.</summary>
/// <remarks>Numbers, booleans and strings use their converter directly: the serializer's preparation for nested values costs several times as much as such a value.</remarks>
internal sealed class ValueFormat<T>
{
    private readonly JsonTypeInfo<T> _type;
    private readonly JsonConverter<T>? _direct;
    private readonly bool _canHideTask = Returned.CanHideTask(typeof(T));

    public ValueFormat(JsonTypeInfo<T> type)
    {
        _type = type;
        var isSimple = Type.GetTypeCode(typeof(T)) is >= TypeCode.Boolean and <= TypeCode.Decimal or TypeCode.String && !typeof(T).IsEnum;
        if (isSimple && type.Options.NumberHandling == JsonNumberHandling.Strict && type.Converter.GetType().Assembly == typeof(JsonSerializer).Assembly)
            _direct = type.Converter as JsonConverter<T>;
    }

    /// <exception cref="JsonException">The value is not of this type.</exception>
    public T? Read(ref Utf8JsonReader reader)
    {
        if (_direct is null)
            return RequireFinite(JsonSerializer.Deserialize(ref reader, _type));
        if (reader.TokenType == JsonTokenType.Null)
            return default(T) is null ? default : throw new JsonException();
        try
        {
            return RequireFinite(_direct.Read(ref reader, typeof(T), _type.Options));
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            // The reader throws these for another kind of value, and for a number out of range.
            throw new JsonException(null, e);
        }
    }

    /// <exception cref="InvalidOperationException">The value is a task, although its declared type does not say so.</exception>
    public void Write(Utf8JsonWriter writer, T value)
    {
        if (_canHideTask)
            Returned.RefuseTask(value);
        if (_direct is not null && value is not null)
            _direct.Write(writer, value, _type.Options);
        else
            JsonSerializer.Serialize(writer, value, _type);
    }

    /// <summary>Rejects infinite values: 1e400 is valid JSON, but not a value of these types, and JSON cannot represent infinity.</summary>
    private T? RequireFinite(T? value)
    {
        var isFinite = value switch
        {
            double d => double.IsFinite(d),
            float f => float.IsFinite(f),
            Half h => Half.IsFinite(h),
            _ => true,
        };
        return isFinite || (_type.Options.NumberHandling & JsonNumberHandling.AllowNamedFloatingPointLiterals) != 0 ? value : throw new JsonException();
    }
}
