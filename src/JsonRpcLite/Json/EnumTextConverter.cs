using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace JsonRpcLite;

/// <summary>Converts enums to text: the names in camelCase, as all names.</summary>
/// <remarks>A converter that an attribute sets for an enum takes precedence.</remarks>
internal sealed class EnumTextConverter : JsonConverterFactory
{
    /// <summary>False without dynamic code: a converter for an unknown type cannot be created then.</summary>
    /// <remarks>A context declares <c>UseStringEnumConverter</c> instead.</remarks>
    public override bool CanConvert(Type typeToConvert) =>
        typeToConvert.IsEnum && RuntimeFeature.IsDynamicCodeSupported && !typeToConvert.IsDefined(typeof(JsonConverterAttribute), inherit: false);

    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "CanConvert is false without dynamic code.")]
    [UnconditionalSuppressMessage("Trimming", "IL2071", Justification = "The converter's type parameter requires public fields, which trimming keeps for an enum that is in use.")]
    public override JsonConverter CreateConverter(Type typeToConvert, JsonSerializerOptions options) =>
        (JsonConverter)Activator.CreateInstance(typeof(EnumTextConverter<>).MakeGenericType(typeToConvert))!;

    /// <summary>Returns the names of an enum that this converter writes; <c>null</c> where another converter is used.</summary>
    public static IReadOnlyList<string>? NamesOf(JsonConverter converter) =>
        converter.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(EnumTextConverter<>)
            ? Members(type.GetGenericArguments()[0]).Select(member => member.Text).Distinct(StringComparer.Ordinal).ToList()
            : null;

    /// <summary>Returns the members in order, each with its C# name and its text.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The fields of an enum that is in use are kept.")]
    internal static IEnumerable<(string Name, string Text)> Members(Type type) => Enum.GetNames(type).Select(name =>
        (name, type.GetField(name)?.GetCustomAttribute<JsonStringEnumMemberNameAttribute>()?.Name ?? JsonNamingPolicy.CamelCase.ConvertName(name)));
}

/// <summary>Reads the name of a member, in any case and also in its C# form, or its number; writes the name.</summary>
/// <remarks>An undefined value is rejected when read, and written as its number. Flags are names with commas between them.</remarks>
internal sealed class EnumTextConverter<T> : JsonConverter<T>
    where T : struct, Enum
{
    private const int LongestOnStack = 256;

    private static readonly bool IsFlags = typeof(T).IsDefined(typeof(FlagsAttribute), inherit: false);
    private static readonly bool IsUnsigned = Type.GetTypeCode(typeof(T)) is TypeCode.Byte or TypeCode.UInt16 or TypeCode.UInt32 or TypeCode.UInt64;

    private readonly Dictionary<string, T> _exact = new(StringComparer.Ordinal);
    private readonly Dictionary<string, T> _anyCase = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<T, JsonEncodedText> _texts = [];
    private readonly ulong _allBits;

    public EnumTextConverter()
    {
        foreach (var (name, text) in EnumTextConverter.Members(typeof(T)))
        {
            var value = Enum.Parse<T>(name);
            _exact.TryAdd(text, value);
            _anyCase.TryAdd(text, value);
            _texts.TryAdd(value, JsonEncodedText.Encode(text, Utf8TextEncoder.Instance));
            _allBits |= BitsOf(value);
        }
        foreach (var name in Enum.GetNames<T>())
        {
            _exact.TryAdd(name, Enum.Parse<T>(name));
            _anyCase.TryAdd(name, Enum.Parse<T>(name));
        }
    }

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.String => ReadText(ref reader),
        JsonTokenType.Number => ReadNumber(ref reader),
        _ => throw new JsonException(),
    };

    public override T ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => ReadText(ref reader);

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (_texts.TryGetValue(value, out var text))
            writer.WriteStringValue(text);
        else if (IsFlags && TextOfFlags(value) is { } texts)
            writer.WriteStringValue(texts);
        else if (IsUnsigned)
            writer.WriteNumberValue(BitsOf(value));
        else
            writer.WriteNumberValue((long)BitsOf(value));
    }

    public override void WriteAsPropertyName(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (_texts.TryGetValue(value, out var text))
            writer.WritePropertyName(text);
        else
            writer.WritePropertyName(IsFlags && TextOfFlags(value) is { } texts ? texts : value.ToString("D"));
    }

    private static ulong BitsOf(T value) =>
        IsUnsigned ? Convert.ToUInt64(value, CultureInfo.InvariantCulture) : unchecked((ulong)Convert.ToInt64(value, CultureInfo.InvariantCulture));

    private T ReadText(ref Utf8JsonReader reader)
    {
        var length = reader.HasValueSequence ? int.MaxValue : reader.ValueSpan.Length;
        if (length > LongestOnStack)
            return Find(reader.GetString());
        Span<char> text = stackalloc char[LongestOnStack];
        return Find(text[..reader.CopyString(text)]);
    }

    private T Find(ReadOnlySpan<char> text)
    {
        if (TryFind(text, out var value))
            return value;
        if (!IsFlags || !text.Contains(','))
            throw new JsonException();
        var bits = 0UL;
        foreach (var part in text.Split(','))
            bits |= TryFind(text[part].Trim(), out var flag) ? BitsOf(flag) : throw new JsonException();
        return (T)Enum.ToObject(typeof(T), bits);
    }

    private bool TryFind(ReadOnlySpan<char> text, out T value) =>
        _exact.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out value) || _anyCase.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out value);

    private T ReadNumber(ref Utf8JsonReader reader)
    {
        ulong bits;
        if (!IsUnsigned && reader.TryGetInt64(out var signed))
            bits = unchecked((ulong)signed);
        else if (!IsUnsigned || !reader.TryGetUInt64(out bits))
            throw new JsonException();
        var value = (T)Enum.ToObject(typeof(T), bits);
        var isDefined = _texts.ContainsKey(value) || IsFlags && (bits & ~_allBits) == 0;
        return isDefined && BitsOf(value) == bits ? value : throw new JsonException();
    }

    /// <summary>Returns the fewest names that make up the value; <c>null</c> where one of its bits has no name.</summary>
    private string? TextOfFlags(T value)
    {
        var left = BitsOf(value);
        var names = new List<string>();
        foreach (var (flag, text) in _texts.Select(t => (Bits: BitsOf(t.Key), Text: t.Value.Value)).OrderByDescending(t => t.Bits))
        {
            if (flag == 0 || (left & flag) != flag)
                continue;
            names.Insert(0, text);
            left &= ~flag;
        }
        return left == 0 && names.Count > 0 ? string.Join(", ", names) : null;
    }
}
