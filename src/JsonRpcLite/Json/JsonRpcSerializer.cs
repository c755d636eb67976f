using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Serializes and deserializes values by the user's or the library's options, and applies the safety rules to both.</summary>
internal sealed class JsonRpcSerializer
{
    private static readonly JsonRpcSerializer Default = For(MakeDefaultOptions());

    /// <summary>The thread's idle writer and its owner.</summary>
    /// <remarks>It is removed while in use, so that a converter that serializes another value does not write into the middle of this one.</remarks>
    [ThreadStatic]
    private static (JsonRpcSerializer Owner, Utf8JsonWriter Writer)? _idle;

    private readonly JsonSerializerOptions _options;
    private readonly JsonWriterOptions _writerOptions;

    // Sets. The framework has precompiled code for dictionaries of two reference types.
    /// <summary>The types that were examined, including all types that they contain.</summary>
    /// <remarks><see cref="_readable"/> has those that were also found readable.</remarks>
    private readonly ConcurrentDictionary<Type, Type> _known = [];
    private readonly ConcurrentDictionary<Type, Type> _readable = [];

    /// <summary>The serializers that use a context first; a program has few contexts.</summary>
    private readonly ConcurrentDictionary<IJsonTypeInfoResolver, JsonRpcSerializer> _withContext = [];

    /// <summary>The serializer whose writers this one shares, since it has the same writer options.</summary>
    private readonly JsonRpcSerializer _writerOwner;

    private JsonRpcSerializer(JsonSerializerOptions options, JsonRpcSerializer? writerOwner = null)
    {
        options.MakeReadOnly();
        _writerOwner = writerOwner ?? this;
        _options = options;
        _writerOptions = new JsonWriterOptions
        {
            Encoder = options.Encoder ?? Utf8TextEncoder.Instance,
            Indented = options.WriteIndented,
            IndentCharacter = options.IndentCharacter,
            IndentSize = options.IndentSize,
            NewLine = options.NewLine,
            MaxDepth = JsonText.MaxReplyDepth,
        };
    }

    /// <summary>Returns the serializer for a user's options; <c>null</c> means the library's own options.</summary>
    public static JsonRpcSerializer For(JsonSerializerOptions? options)
    {
        if (options is null)
            return Default;
        var copy = new JsonSerializerOptions(options)
        {
            // JsonText finds a duplicate member without the serializer's alats, but compares names case-sensitively.
            AllowDuplicateProperties = !options.PropertyNameCaseInsensitive,
            AllowTrailingCommas = false,
            ReadCommentHandling = JsonCommentHandling.Disallow,
            MaxDepth = JsonText.MaxReplyDepth,
        };
        // Reflection comes last: when it is first used, it creates converters for all types that it knows, which takes a tenth of the time of a start.
        var resolver = copy.TypeInfoResolver is { } own
            ? JsonTypeInfoResolver.Combine(own, SimpleTypeResolver.Instance)
            : JsonTypeInfoResolver.Combine(SimpleTypeResolver.Instance, ReflectionIfEnabled());
        copy.TypeInfoResolver = resolver.WithAddedModifier(TypeRules.Refuse);
        if (!copy.Converters.Any(c => c is BigIntegerConverterFactory || c.CanConvert(typeof(BigInteger))))
            copy.Converters.Add(new BigIntegerConverterFactory());
        return new JsonRpcSerializer(copy);
    }

    /// <summary>Returns this serializer with a context that resolves types first; created once for each context.</summary>
    public JsonRpcSerializer With(IJsonTypeInfoResolver context) => _withContext.GetOrAdd(
        context,
        static (context, self) => new JsonRpcSerializer(
            new JsonSerializerOptions(self._options)
            {
                TypeInfoResolver = JsonTypeInfoResolver.Combine(context.WithAddedModifier(TypeRules.Refuse), self._options.TypeInfoResolver),
            },
            self._writerOwner),
        this);

    /// <summary>The options, which are read-only.</summary>
    public JsonSerializerOptions Options => _options;

    /// <summary>Returns the JSON contract of a type.</summary>
    /// <exception cref="NotSupportedException">The type cannot be resolved; the message says how to fix it.</exception>
    public JsonTypeInfo<T> TypeOf<T>() => (JsonTypeInfo<T>)TypeOf(typeof(T));

    /// <inheritdoc cref="TypeOf{T}"/>
    public JsonTypeInfo TypeOf(Type type)
    {
        try
        {
            var info = _options.GetTypeInfo(type);
            if (!_known.ContainsKey(type))
                LookThrough(info);
            return info;
        }
        catch (InvalidOperationException e) when (e.Source == typeof(JsonSerializer).Assembly.GetName().Name && e.Message.Contains("collides", StringComparison.Ordinal))
        {
            throw new NotSupportedException(
                $"The type {type} cannot be sent as JSON: {Sentence.Of(e.Message)}{TypeRules.NameCollision(type, _options)} Rename one of them with [JsonPropertyName].", e);
        }
        catch (NotSupportedException e) when (!JsonSerializer.IsReflectionEnabledByDefault && !IsKnownFault(e))
        {
            const string ReflectionOn =
                "In a program that is one file (dotnet run app.cs) the line #:property JsonSerializerIsReflectionEnabledByDefault=true turns reflection on.";
            // A context cannot name an anonymous type.
            throw new NotSupportedException(
                IsAnonymous(type)
                    ? $"An anonymous type cannot be sent as JSON: reflection for JSON is off, as in trimmed programs. {ReflectionOn} Elsewhere send a JsonObject, or a type of a JsonSerializerContext."
                    : $"The type {type} has no JSON contract, and reflection is off (as in trimmed programs). Declare a JsonSerializerContext with [JsonSerializable(typeof({type.Name}))] and set SerializerOptions to its options, or name it in the contract: [JsonRpcContract(SerializerContext = typeof(...))]. {ReflectionOn}",
                e);
        }
    }

    /// <summary>Returns the JSON contract of a type that is read from JSON.</summary>
    /// <exception cref="NotSupportedException">The type cannot be resolved, or can never be read.</exception>
    public JsonTypeInfo<T> InputOf<T>() => (JsonTypeInfo<T>)InputOf(typeof(T));

    /// <inheritdoc cref="InputOf{T}"/>
    public JsonTypeInfo InputOf(Type type)
    {
        var info = TypeOf(type);
        if (_readable.ContainsKey(type))
            return info;
        if (info is { Kind: JsonTypeInfoKind.Object, CreateObject: null, PolymorphismOptions: null } && info.Properties.All(p => p.AssociatedParameter is null))
            throw new NotSupportedException(
                $"{type} cannot be read from JSON: it is abstract, or it is ambiguous which constructor to call. Use a class, mark one constructor with [JsonConstructor], or name the derived types with [JsonDerivedType].");
        if (TypeRules.IsNeverFilled(info))
            throw new NotSupportedException(
                $"{type} cannot be read from JSON: its properties cannot be set, and every value would be empty. Give them init accessors, or mark the constructor that fills them with [JsonConstructor].");
        if (info.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary && IsUnreadableCollection(info))
            throw new NotSupportedException($"{type} cannot be read from JSON: System.Text.Json cannot create this collection. Use an array, a List or a Dictionary.");
        _readable[type] = type;
        return info;
    }

    /// <summary>Whether an exception while reading means that the text is not a value of the type.</summary>
    /// <remarks>
    /// Such exceptions are the serializer's own, those of constructors and converters that reject a value, and those of a reader at another kind of value. Any other exception is
    /// a bug of the program.
    /// </remarks>
    public static bool IsMisfit(Exception exception, JsonTypeInfo type) => exception switch
    {
        JsonException or FormatException or OverflowException or ArgumentException => true,
        InvalidOperationException => exception.Source == typeof(JsonSerializer).Assembly.GetName().Name,
        // A missing type discriminator is the caller's fault; a type that can never be read is not.
        NotSupportedException => HasDerivedTypes(type, []),
        _ => false,
    };

    private static bool IsKnownFault(NotSupportedException exception) => exception.Message.Contains("cannot be sent as JSON", StringComparison.Ordinal);

    /// <summary>Creates the contracts of all types that a type contains, so that an unsupported type fails now, not at the first call.</summary>
    private void LookThrough(JsonTypeInfo info)
    {
        if (!_known.TryAdd(info.Type, info.Type))
            return;
        try
        {
            if (HasLostProperties(info.Type))
                throw new NotSupportedException(
                    "An anonymous type cannot be sent as JSON: publishing has trimmed its properties away. Send a JsonObject, or a type of a JsonSerializerContext.");
            foreach (var property in info.Properties)
            {
                if (property.CustomConverter is null && (property.Get is not null || property.Set is not null))
                    LookThrough(_options.GetTypeInfo(property.PropertyType));
            }
            foreach (var part in new[] { info.ElementType, info.KeyType, Nullable.GetUnderlyingType(info.Type) })
            {
                if (part is not null)
                    LookThrough(_options.GetTypeInfo(part));
            }
            foreach (var derived in info.PolymorphismOptions?.DerivedTypes ?? [])
                LookThrough(_options.GetTypeInfo(derived.DerivedType));
        }
        catch
        {
            _known.TryRemove(info.Type, out _);
            throw;
        }
    }

    /// <summary>Whether trimming has removed properties of an anonymous type.</summary>
    /// <remarks>The type has a type parameter for each property. Without this check the properties would silently be missing from the JSON, without any warning.</remarks>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "The check is for the properties that trimming has kept.")]
    private static bool HasLostProperties(Type type) => type.IsGenericType && IsAnonymous(type) && type.GetProperties().Length < type.GetGenericArguments().Length;

    private static bool IsAnonymous(Type type) => type.Name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal);

    private static bool IsUnreadableCollection(JsonTypeInfo info)
    {
        try
        {
            JsonSerializer.Deserialize(info.Kind == JsonTypeInfoKind.Enumerable ? "[]"u8 : "{}"u8, info);
            return false;
        }
        catch (NotSupportedException)
        {
            return true;
        }
        catch (Exception)
        {
            // A constructor that fails without items may succeed with items.
            return false;
        }
    }

    private static bool HasDerivedTypes(JsonTypeInfo type, HashSet<Type> seen)
    {
        if (!seen.Add(type.Type))
            return false;
        if (type.PolymorphismOptions is not null)
            return true;
        return type.Properties.Select(p => p.PropertyType).Append(type.ElementType).OfType<Type>().Any(t => HasDerivedTypes(type.Options.GetTypeInfo(t), seen));
    }

    /// <summary>Creates a writer with these options, for a caller that keeps its own.</summary>
    public Utf8JsonWriter MakeWriter(IBufferWriter<byte> target) => new(target, _writerOptions);

    /// <summary>Reads a value from a text that has passed <see cref="JsonText.FindFault"/>.</summary>
    /// <exception cref="JsonException">The text is not JSON, is nested too deeply, has a duplicate member, or is not a value of this type.</exception>
    public static T? Read<T>(ReadOnlySpan<byte> text, JsonTypeInfo<T> type, int maxDepth)
    {
        // Parsing a node directly saves two passes over the text.
        var value = typeof(T) == typeof(JsonNode)
            ? (T?)(object?)JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = maxDepth })
            : JsonSerializer.Deserialize(text, type);
        return JsonText.BreaksRule(text, maxDepth) ? throw new JsonException() : value;
    }

    /// <summary>Describes why a well-formed text is not a value of the type, using only the sender's own names.</summary>
    public static string ExplainMisfit(ReadOnlySpan<byte> text, JsonTypeInfo type, Exception exception)
    {
        if (exception is not JsonException { Path: var path })
            return "a value in it does not fit";
        var at = path ?? "$";
        var found = JsonPathLookup.Find(text, type, at);
        if (found is { } place && JsonPathLookup.FindMissing(place.Value, place.Type) is { Count: > 0 } missing)
        {
            return $"{string.Join(", ", missing.Select(name => $"'{name}'"))} {(missing.Count == 1 ? "is" : "are")} missing{(at == "$" ? "" : $" at '{PeerText.Shown(at)}'")}"
                + (type.Options.PropertyNameCaseInsensitive ? "" : " (names are case-sensitive)");
        }
        return found is { } known && ExpectedValue.Of(JsonMarshal.GetRawUtf8Value(known.Value), known.Type) is { } expected
            ? $"the value at '{PeerText.Shown(at)}' does not fit: it must be {expected}" : $"the value at '{PeerText.Shown(at)}' does not fit";
    }

    public void Write<T>(IBufferWriter<byte> target, T value, JsonTypeInfo<T> type) =>
        Write(target, (value, type), static (writer, v) => JsonSerializer.Serialize(writer, v.value, v.type));

    /// <summary>Writes a value by its type at run time; writes a tuple as the array of its items.</summary>
    public void WriteUntyped(IBufferWriter<byte> target, object? value) =>
        Write(target, (value, serializer: this), static (writer, v) => v.serializer.WriteUntyped(writer, v.value));

    /// <summary>Converts a value to a node, by its type at run time.</summary>
    public JsonNode? ToNode(object value)
    {
        var target = new ArrayBufferWriter<byte>();
        WriteUntyped(target, value);
        return JsonNode.Parse(target.WrittenSpan, null, new JsonDocumentOptions { MaxDepth = JsonText.MaxReplyDepth });
    }

    public void Write<TState>(IBufferWriter<byte> target, TState state, Action<Utf8JsonWriter, TState> write)
    {
        var writer = _idle is { } idle && idle.Owner == _writerOwner ? idle.Writer : new Utf8JsonWriter(target, _writerOptions);
        _idle = null;
        writer.Reset(target);
        try
        {
            write(writer, state);
            writer.Flush();
        }
        finally
        {
            // Releases the target, which belongs to the caller.
            writer.Reset(NoTarget.Instance);
            _idle = (_writerOwner, writer);
        }
    }

    private void WriteUntyped(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case CancellationToken:
                throw new ArgumentException("A CancellationToken was passed as the value to send. Pass it by name: cancellationToken: token.");
            case null:
                writer.WriteNullValue();
                break;
            case JsonNode node:
                node.WriteTo(writer, _options);
                break;
            case ITuple tuple:
                writer.WriteStartArray();
                for (var i = 0; i < tuple.Length; i++)
                    WriteUntyped(writer, tuple[i]);
                writer.WriteEndArray();
                break;
            default:
                JsonSerializer.Serialize(writer, value, TypeOf(value.GetType()));
                break;
        }
    }

    internal static JsonSerializerOptions MakeDefaultOptions() => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        Encoder = Utf8TextEncoder.Instance,
        MaxDepth = JsonText.MaxReplyDepth,
        Converters = { new EnumTextConverter(), new BigIntegerConverterFactory() },
    };

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Guarded by the switch that trimming turns off; without it TypeOf names the type and the fix.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Guarded by the switch that AOT turns off; without it TypeOf names the type and the fix.")]
    private static DefaultJsonTypeInfoResolver? ReflectionIfEnabled() => JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : null;

    /// <summary>The target of the idle writer, which accepts nothing.</summary>
    private sealed class NoTarget : IBufferWriter<byte>
    {
        public static readonly NoTarget Instance = new();

        public void Advance(int count) => throw new NotSupportedException();

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public Span<byte> GetSpan(int sizeHint = 0) => throw new NotSupportedException();
    }
}
