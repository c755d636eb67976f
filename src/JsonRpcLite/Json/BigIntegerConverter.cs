using System.Buffers;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace JsonRpcLite;

/// <summary>Converts a <see cref="BigInteger"/> to a JSON number, digit for digit.</summary>
/// <remarks>Without it, System.Text.Json would write the properties of the type instead of its value.</remarks>
internal sealed class BigIntegerConverter : JsonConverter<BigInteger>
{
    /// <summary>The maximum number of digits: reading takes more than linear time, so a caller must not choose the length freely.</summary>
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

/// <summary>Creates the converter for <see cref="BigInteger"/> on demand, so that a program without such values does not load their assembly.</summary>
internal sealed class BigIntegerConverterFactory : JsonConverterFactory
{
    // Compares the name first, since a comparison with the type loads its assembly.
    public override bool CanConvert(Type typeToConvert) => typeToConvert.Name == nameof(BigInteger) && IsBigInteger(typeToConvert);

    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) => new BigIntegerConverter();

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsBigInteger(Type type) => type == typeof(BigInteger);
}
