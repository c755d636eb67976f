using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace JsonRpcLite;

/// <summary>A <see cref="BigInteger"/> as a JSON number, digit for digit. System.Text.Json writes its properties, and nothing of its value.</summary>
internal sealed class BigIntegerConverter : JsonConverter<BigInteger>
{
    /// <summary>Reading takes more than linear time, so that a caller must not choose the length freely.</summary>
    private const int MaxDigits = 10_000;

    public override BigInteger Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.Number)
            throw new JsonException();
        return Parse(reader.HasValueSequence ? reader.ValueSequence.ToArray() : reader.ValueSpan);
    }

    public override void Write(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ToString(CultureInfo.InvariantCulture), skipInputValidation: true);

    public override BigInteger ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Parse(Encoding.UTF8.GetBytes(reader.GetString()!));

    public override void WriteAsPropertyName(Utf8JsonWriter writer, BigInteger value, JsonSerializerOptions options) =>
        writer.WritePropertyName(value.ToString(CultureInfo.InvariantCulture));

    private static BigInteger Parse(ReadOnlySpan<byte> digits) =>
        digits.Length <= MaxDigits && BigInteger.TryParse(Encoding.UTF8.GetString(digits), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value)
            ? value : throw new JsonException();
}

/// <summary>Makes the converter when the first <see cref="BigInteger"/> comes; a program without one does not load what they need.</summary>
internal sealed class BigIntegerConverterFactory : JsonConverterFactory
{
    // By the name first, since asking for the type itself loads it.
    public override bool CanConvert(Type typeToConvert) => typeToConvert.Name == nameof(BigInteger) && IsBigInteger(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => new BigIntegerConverter();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsBigInteger(Type type) => type == typeof(BigInteger);
}
