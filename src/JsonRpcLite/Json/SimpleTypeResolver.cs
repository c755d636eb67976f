using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Resolves the types that need neither reflection nor generated code.</summary>
/// <remarks>They are the types of plain functions, and simple values. The generator of contracts has the same list (<c>KnownTypes</c>); a test compares the two.</remarks>
internal sealed class SimpleTypeResolver : IJsonTypeInfoResolver
{
    public static readonly SimpleTypeResolver Instance = new();

    /// <summary>All types that it resolves.</summary>
    public static IReadOnlyCollection<Type> Types => Table.Known.Keys;

    public JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options)
    {
        // The most frequent types do not need the table, which takes time to create.
        if (type == typeof(int))
            return Value(options, JsonMetadataServices.Int32Converter);
        if (type == typeof(string))
            return Value(options, JsonMetadataServices.StringConverter);
        if (type == typeof(JsonNode))
            return Value(options, JsonMetadataServices.JsonNodeConverter);
        return Table.Known.TryGetValue(type, out var make) ? make(options) : null;
    }

    private static JsonTypeInfo<T> Value<T>(JsonSerializerOptions options, JsonConverter<T> converter) =>
        JsonMetadataServices.CreateValueInfo<T>(options, FindConverter<T>(options) ?? converter);

    private static JsonTypeInfo<T?> Nullable<T>(JsonSerializerOptions options, JsonConverter<T> converter)
        where T : struct =>
        JsonMetadataServices.CreateValueInfo<T?>(options, FindConverter<T?>(options) ?? JsonMetadataServices.GetNullableConverter(Value(options, converter)));

    /// <summary>Returns the user's converter, which takes precedence over the built-in ones.</summary>
    private static JsonConverter? FindConverter<T>(JsonSerializerOptions options)
    {
        foreach (var converter in options.Converters)
        {
            if (converter.CanConvert(typeof(T)))
                return converter is JsonConverterFactory factory ? factory.CreateConverter(typeof(T), options) : converter;
        }
        return null;
    }

    /// <summary>A class of its own, so that a program that needs only the types above never creates it.</summary>
    private static class Table
    {
        public static readonly Dictionary<Type, Func<JsonSerializerOptions, JsonTypeInfo>> Known = new()
        {
            [typeof(JsonNode)] = static options => Value(options, JsonMetadataServices.JsonNodeConverter),
            [typeof(JsonObject)] = static options => Value(options, JsonMetadataServices.JsonObjectConverter),
            [typeof(JsonArray)] = static options => Value(options, JsonMetadataServices.JsonArrayConverter),
            [typeof(JsonValue)] = static options => Value(options, JsonMetadataServices.JsonValueConverter),
            [typeof(JsonElement)] = static options => Value(options, JsonMetadataServices.JsonElementConverter),
            [typeof(JsonElement?)] = static options => Nullable(options, JsonMetadataServices.JsonElementConverter),
            [typeof(string)] = static options => Value(options, JsonMetadataServices.StringConverter),
            [typeof(Uri)] = static options => Value(options, JsonMetadataServices.UriConverter),
            [typeof(byte[])] = static options => Value(options, JsonMetadataServices.ByteArrayConverter),
            [typeof(BigInteger)] = static options => Value(options, new BigIntegerConverter()),
            [typeof(BigInteger?)] = static options => Nullable(options, new BigIntegerConverter()),
            [typeof(bool)] = static options => Value(options, JsonMetadataServices.BooleanConverter),
            [typeof(bool?)] = static options => Nullable(options, JsonMetadataServices.BooleanConverter),
            [typeof(byte)] = static options => Value(options, JsonMetadataServices.ByteConverter),
            [typeof(byte?)] = static options => Nullable(options, JsonMetadataServices.ByteConverter),
            [typeof(sbyte)] = static options => Value(options, JsonMetadataServices.SByteConverter),
            [typeof(sbyte?)] = static options => Nullable(options, JsonMetadataServices.SByteConverter),
            [typeof(short)] = static options => Value(options, JsonMetadataServices.Int16Converter),
            [typeof(short?)] = static options => Nullable(options, JsonMetadataServices.Int16Converter),
            [typeof(ushort)] = static options => Value(options, JsonMetadataServices.UInt16Converter),
            [typeof(ushort?)] = static options => Nullable(options, JsonMetadataServices.UInt16Converter),
            [typeof(int)] = static options => Value(options, JsonMetadataServices.Int32Converter),
            [typeof(int?)] = static options => Nullable(options, JsonMetadataServices.Int32Converter),
            [typeof(uint)] = static options => Value(options, JsonMetadataServices.UInt32Converter),
            [typeof(uint?)] = static options => Nullable(options, JsonMetadataServices.UInt32Converter),
            [typeof(long)] = static options => Value(options, JsonMetadataServices.Int64Converter),
            [typeof(long?)] = static options => Nullable(options, JsonMetadataServices.Int64Converter),
            [typeof(ulong)] = static options => Value(options, JsonMetadataServices.UInt64Converter),
            [typeof(ulong?)] = static options => Nullable(options, JsonMetadataServices.UInt64Converter),
            [typeof(Int128)] = static options => Value(options, JsonMetadataServices.Int128Converter),
            [typeof(Int128?)] = static options => Nullable(options, JsonMetadataServices.Int128Converter),
            [typeof(UInt128)] = static options => Value(options, JsonMetadataServices.UInt128Converter),
            [typeof(UInt128?)] = static options => Nullable(options, JsonMetadataServices.UInt128Converter),
            [typeof(Half)] = static options => Value(options, JsonMetadataServices.HalfConverter),
            [typeof(Half?)] = static options => Nullable(options, JsonMetadataServices.HalfConverter),
            [typeof(float)] = static options => Value(options, JsonMetadataServices.SingleConverter),
            [typeof(float?)] = static options => Nullable(options, JsonMetadataServices.SingleConverter),
            [typeof(double)] = static options => Value(options, JsonMetadataServices.DoubleConverter),
            [typeof(double?)] = static options => Nullable(options, JsonMetadataServices.DoubleConverter),
            [typeof(decimal)] = static options => Value(options, JsonMetadataServices.DecimalConverter),
            [typeof(decimal?)] = static options => Nullable(options, JsonMetadataServices.DecimalConverter),
            [typeof(char)] = static options => Value(options, JsonMetadataServices.CharConverter),
            [typeof(char?)] = static options => Nullable(options, JsonMetadataServices.CharConverter),
            [typeof(Guid)] = static options => Value(options, JsonMetadataServices.GuidConverter),
            [typeof(Guid?)] = static options => Nullable(options, JsonMetadataServices.GuidConverter),
            [typeof(DateTime)] = static options => Value(options, JsonMetadataServices.DateTimeConverter),
            [typeof(DateTime?)] = static options => Nullable(options, JsonMetadataServices.DateTimeConverter),
            [typeof(DateTimeOffset)] = static options => Value(options, JsonMetadataServices.DateTimeOffsetConverter),
            [typeof(DateTimeOffset?)] = static options => Nullable(options, JsonMetadataServices.DateTimeOffsetConverter),
            [typeof(DateOnly)] = static options => Value(options, JsonMetadataServices.DateOnlyConverter),
            [typeof(DateOnly?)] = static options => Nullable(options, JsonMetadataServices.DateOnlyConverter),
            [typeof(TimeOnly)] = static options => Value(options, JsonMetadataServices.TimeOnlyConverter),
            [typeof(TimeOnly?)] = static options => Nullable(options, JsonMetadataServices.TimeOnlyConverter),
            [typeof(TimeSpan)] = static options => Value(options, JsonMetadataServices.TimeSpanConverter),
            [typeof(TimeSpan?)] = static options => Nullable(options, JsonMetadataServices.TimeSpanConverter),
        };
    }
}
