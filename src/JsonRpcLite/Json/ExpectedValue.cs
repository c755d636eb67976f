using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Says in the words of JSON what a type is read from, for a caller whose value does not fit.</summary>
/// <remarks>
/// It names no type of the program. It says nothing where a converter of the user's decides, or where the value is of the right kind and something in it does not fit.
/// </remarks>
internal static class ExpectedValue
{
    /// <summary>The maximum number of names of an enum in a message.</summary>
    private const int MostNames = 20;

    /// <summary>The simple types; created when the first value is rejected.</summary>
    private static readonly Dictionary<Type, string> Table = new()
    {
        [typeof(string)] = "a string",
        [typeof(char)] = "a string of one character",
        [typeof(bool)] = "true or false",
        [typeof(byte)] = Whole<byte>(),
        [typeof(sbyte)] = Whole<sbyte>(),
        [typeof(short)] = Whole<short>(),
        [typeof(ushort)] = Whole<ushort>(),
        [typeof(int)] = Whole<int>(),
        [typeof(uint)] = Whole<uint>(),
        [typeof(long)] = Whole<long>(),
        [typeof(ulong)] = Whole<ulong>(),
        [typeof(Int128)] = Whole<Int128>(),
        [typeof(UInt128)] = Whole<UInt128>(),
        [typeof(BigInteger)] = "a whole number",
        [typeof(Half)] = Number<Half>(),
        [typeof(float)] = Number<float>(),
        [typeof(double)] = Number<double>(),
        [typeof(decimal)] = Number<decimal>(),
        [typeof(Guid)] = "a UUID as a string",
        [typeof(DateTime)] = "a date and time as a string, such as '2026-01-31T12:00:00Z'",
        [typeof(DateTimeOffset)] = "a date and time as a string, such as '2026-01-31T12:00:00Z'",
        [typeof(DateOnly)] = "a date as a string, such as '2026-01-31'",
        [typeof(TimeOnly)] = "a time as a string, such as '12:00:00'",
        [typeof(TimeSpan)] = "a length of time as a string, such as '00:00:30'",
        [typeof(Uri)] = "a URI as a string",
        [typeof(byte[])] = "bytes as a string in Base64",
        [typeof(JsonObject)] = "an object",
        [typeof(JsonArray)] = "an array",
        [typeof(JsonValue)] = "a string, a number, true or false",
    };

    /// <summary>Returns what the value must be, such as "a string"; <c>null</c> where that is unknown, or the value is that already.</summary>
    /// <param name="text">The JSON text of one value.</param>
    /// <param name="type">The type that it does not fit.</param>
    public static string? Of(ReadOnlySpan<byte> text, JsonTypeInfo type)
    {
        if (Nullable.GetUnderlyingType(type.Type) is { } underlying)
            return type.Options.TryGetTypeInfo(underlying, out var inner) ? Of(text, inner) : null;
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxReplyDepth });
        reader.Read();
        return type.Kind switch
        {
            JsonTypeInfoKind.Object or JsonTypeInfoKind.Dictionary => reader.TokenType == JsonTokenType.StartObject ? null : "an object",
            JsonTypeInfoKind.Enumerable => reader.TokenType == JsonTokenType.StartArray ? null : "an array",
            _ => OfSimple(type) is { } expected && !Fits(reader.TokenType, text, type) ? expected : null,
        };
    }

    /// <summary>Returns what a simple type is read from, if a converter of .NET or of this library reads it.</summary>
    private static string? OfSimple(JsonTypeInfo type)
    {
        if (EnumTextConverter.NamesOf(type.Converter) is { Count: > 0 } names)
        {
            var number = type.Type.IsDefined(typeof(FlagsAttribute), inherit: false) ? "any" : "one";
            return $"{number} of {string.Join(", ", names.Take(MostNames).Select(name => $"'{name}'"))}{(names.Count > MostNames ? ", ..." : "")}";
        }
        return type.Converter is BigIntegerConverter || type.Converter.GetType().Assembly == typeof(JsonSerializer).Assembly ? Table.GetValueOrDefault(type.Type) : null;
    }

    /// <summary>Whether the value itself fits: what was rejected is then something else at its place, such as its name in a dictionary.</summary>
    private static bool Fits(JsonTokenType kind, ReadOnlySpan<byte> text, JsonTypeInfo type)
    {
        if (kind is JsonTokenType.Null or JsonTokenType.StartArray or JsonTokenType.StartObject)
            return false;
        try
        {
            return JsonSerializer.Deserialize(text, type) switch
            {
                double d => double.IsFinite(d),
                float f => float.IsFinite(f),
                Half h => Half.IsFinite(h),
                _ => true,
            };
        }
        catch (Exception e) when (JsonRpcSerializer.IsMisfit(e, type))
        {
            return false;
        }
    }

    private static string Whole<T>()
        where T : IMinMaxValue<T>, IFormattable => $"a whole number {Range<T>()}";

    private static string Number<T>()
        where T : IMinMaxValue<T>, IFormattable => $"a number {Range<T>()}";

    private static string Range<T>()
        where T : IMinMaxValue<T>, IFormattable => string.Create(CultureInfo.InvariantCulture, $"from {T.MinValue} to {T.MaxValue}");
}
