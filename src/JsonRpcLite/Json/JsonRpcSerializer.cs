using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>Turns values into JSON and JSON into values, by the user's options or the library's, and keeps the safety rules with both.</summary>
internal sealed class JsonRpcSerializer
{
    private static readonly JsonRpcSerializer Default = For(MakeDefaultOptions());

    /// <summary>
    /// The thread's writer and whose it is. Taken out while in use, so that a converter that serializes something else does not write into
    /// the middle of this.
    /// </summary>
    [ThreadStatic]
    private static (JsonRpcSerializer Owner, Utf8JsonWriter Writer)? _idle;

    private readonly JsonSerializerOptions _options;
    private readonly JsonWriterOptions _writerOptions;

    // Sets; a dictionary of two reference types is one that the framework has compiled.
    /// <summary>The types that were looked through, with all that they hold, and those that were also found readable.</summary>
    private readonly ConcurrentDictionary<Type, Type> _known = [];
    private readonly ConcurrentDictionary<Type, Type> _readable = [];

    /// <summary>Those that ask a context first. A program has few contexts.</summary>
    private readonly ConcurrentDictionary<IJsonTypeInfoResolver, JsonRpcSerializer> _withContext = [];

    /// <summary>The serializer whose writers this one may use: it has the same options for them.</summary>
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

    /// <summary>The serializer for a user's options; <c>null</c> means the library's own.</summary>
    public static JsonRpcSerializer For(JsonSerializerOptions? options)
    {
        if (options is null)
            return Default;
        var copy = new JsonSerializerOptions(options)
        {
            // JsonText finds a member that is there twice, without the serializer's allocations; but to it names that differ in case are two.
            AllowDuplicateProperties = !options.PropertyNameCaseInsensitive,
            AllowTrailingCommas = false,
            ReadCommentHandling = JsonCommentHandling.Disallow,
            MaxDepth = JsonText.MaxReplyDepth,
        };
        // Reflection is asked last: its first question makes the converters of every type that it knows, which is a tenth of a start.
        var resolver = copy.TypeInfoResolver is { } own
            ? JsonTypeInfoResolver.Combine(own, SimpleTypeResolver.Instance)
            : JsonTypeInfoResolver.Combine(SimpleTypeResolver.Instance, ReflectionIfEnabled());
        copy.TypeInfoResolver = resolver.WithAddedModifier(TypeRules.Refuse);
        if (!copy.Converters.Any(c => c is BigIntegerConverterFactory || c.CanConvert(typeof(BigInteger))))
            copy.Converters.Add(new BigIntegerConverterFactory());
        return new JsonRpcSerializer(copy);
    }

    /// <summary>The same serializer with types that a context resolves, before it is asked itself. Made once for each context.</summary>
    public JsonRpcSerializer With(IJsonTypeInfoResolver context) => _withContext.GetOrAdd(
        context,
        static (context, self) => new JsonRpcSerializer(
            new JsonSerializerOptions(self._options)
            {
                TypeInfoResolver = JsonTypeInfoResolver.Combine(context.WithAddedModifier(TypeRules.Refuse), self._options.TypeInfoResolver),
            },
            self._writerOwner),
        this);

    /// <summary>The options, which cannot be changed any more.</summary>
    public JsonSerializerOptions Options => _options;

    /// <summary>How the type becomes JSON and back.</summary>
    /// <exception cref="NotSupportedException">The type cannot be resolved; the message says what to do.</exception>
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
                $"The type {type} cannot travel as JSON: {Sentence.Of(e.Message)}{TypeRules.NameCollision(type, _options)} Give one of the two another name with [JsonPropertyName].", e);
        }
        catch (NotSupportedException e) when (!JsonSerializer.IsReflectionEnabledByDefault && !IsKnownFault(e))
        {
            const string ReflectionOn =
                "In a program that is one file (dotnet run app.cs) the line #:property JsonSerializerIsReflectionEnabledByDefault=true turns reflection on.";
            // No context can name an anonymous type.
            throw new NotSupportedException(
                IsAnonymous(type)
                    ? $"An anonymous type cannot travel as JSON: reflection for JSON is off, as in trimmed programs. {ReflectionOn} Elsewhere send a JsonObject, or a type of a JsonSerializerContext."
                    : $"The type {type} has no JSON contract, and reflection is off (as in trimmed programs). Declare a JsonSerializerContext with [JsonSerializable(typeof({type.Name}))] and set SerializerOptions to its options, or name it in the contract: [JsonRpcContract(SerializerContext = typeof(...))]. {ReflectionOn}",
                e);
        }
    }

    /// <summary>The same of a type that callers send.</summary>
    /// <exception cref="NotSupportedException">The type cannot be resolved, or nothing could ever be read as it.</exception>
    public JsonTypeInfo<T> InputOf<T>() => (JsonTypeInfo<T>)InputOf(typeof(T));

    /// <inheritdoc cref="InputOf{T}"/>
    public JsonTypeInfo InputOf(Type type)
    {
        var info = TypeOf(type);
        if (_readable.ContainsKey(type))
            return info;
        if (info is { Kind: JsonTypeInfoKind.Object, CreateObject: null, PolymorphismOptions: null } && info.Properties.All(p => p.AssociatedParameter is null))
            throw new NotSupportedException(
                $"{type} cannot be read from JSON: it is abstract, or it is not clear which constructor to call. Take a class, mark one constructor with [JsonConstructor], or name the derived types with [JsonDerivedType].");
        if (TypeRules.IsNeverFilled(info))
            throw new NotSupportedException(
                $"{type} cannot be read from JSON: its properties cannot be set, and every value would be empty. Give them init accessors, or mark the constructor that fills them with [JsonConstructor].");
        if (info.Kind is JsonTypeInfoKind.Enumerable or JsonTypeInfoKind.Dictionary && IsUnreadableCollection(info))
            throw new NotSupportedException($"{type} cannot be read from JSON: System.Text.Json cannot make this collection. Take an array, a List or a Dictionary.");
        _readable[type] = type;
        return info;
    }

    /// <summary>
    /// Whether an exception that came of reading says that the text is no value of the type: the serializer's own, what constructors and converters throw at values that they do
    /// not take, and what a reader says of another kind of value. Any other is a fault of the program's.
    /// </summary>
    public static bool IsMisfit(Exception exception, JsonTypeInfo type) => exception switch
    {
        JsonException or FormatException or OverflowException or ArgumentException => true,
        InvalidOperationException => exception.Source == typeof(JsonSerializer).Assembly.GetName().Name,
        // Which of its derived types it is must be said; but a type that could never be read is no caller's fault.
        NotSupportedException => HasDerivedTypes(type, []),
        _ => false,
    };

    private static bool IsKnownFault(NotSupportedException exception) => exception.Message.Contains("cannot travel as JSON", StringComparison.Ordinal);

    /// <summary>Makes the contracts of all that a type holds, so that what cannot travel is refused now and not at the first call.</summary>
    private void LookThrough(JsonTypeInfo info)
    {
        if (!_known.TryAdd(info.Type, info.Type))
            return;
        try
        {
            if (HasLostProperties(info.Type))
                throw new NotSupportedException(
                    "An anonymous type cannot travel as JSON: publishing has trimmed its properties away. Send a JsonObject, or a type of a JsonSerializerContext.");
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

    /// <summary>Whether trimming has removed properties of an anonymous type, which has a type parameter for each: it would travel without them, and no warning says so.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2070", Justification = "What is asked is what trimming has left.")]
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
            // A constructor that fails may succeed with items.
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

    /// <summary>A writer with these options, for whoever keeps one of its own.</summary>
    public Utf8JsonWriter MakeWriter(IBufferWriter<byte> target) => new(target, _writerOptions);

    /// <summary>Reads a value from a text that has passed <see cref="JsonText.FindFault"/>.</summary>
    /// <exception cref="JsonException">No JSON, too deep, a member twice, or no value of this type.</exception>
    public static T? Read<T>(ReadOnlySpan<byte> text, JsonTypeInfo<T> type, int maxDepth)
    {
        // Two passes fewer over a node's text.
        var value = typeof(T) == typeof(JsonNode)
            ? (T?)(object?)JsonNode.Parse(text, null, new JsonDocumentOptions { MaxDepth = maxDepth })
            : JsonSerializer.Deserialize(text, type);
        return JsonText.BreaksRule(text, maxDepth) ? throw new JsonException() : value;
    }

    /// <summary>Says in words, and by nothing but the sender's own names, why a well-formed text is no value of the type.</summary>
    public static string ExplainMisfit(ReadOnlySpan<byte> text, JsonTypeInfo type, Exception exception)
    {
        if (exception is not JsonException { Path: var path })
            return "a value in it does not fit";
        var place = path ?? "$";
        if (JsonPathLookup.Find(text, type, place) is { } found && JsonPathLookup.FindMissing(found.Value, found.Type) is { Count: > 0 } missing)
        {
            return $"{string.Join(", ", missing.Select(name => $"'{name}'"))} {(missing.Count == 1 ? "is" : "are")} missing{(place == "$" ? "" : $" at '{PeerText.Shown(place)}'")}"
                + (type.Options.PropertyNameCaseInsensitive ? "" : " (names are case-sensitive)");
        }
        return $"the value at '{PeerText.Shown(place)}' does not fit";
    }

    public void Write<T>(IBufferWriter<byte> target, T value, JsonTypeInfo<T> type) =>
        Write(target, (value, type), static (writer, v) => JsonSerializer.Serialize(writer, v.value, v.type));

    /// <summary>Writes a value by the type that it has at run time; a tuple as the array of its items.</summary>
    public void WriteUntyped(IBufferWriter<byte> target, object? value) =>
        Write(target, (value, serializer: this), static (writer, v) => v.serializer.WriteUntyped(writer, v.value));

    /// <summary>A value as a node, by the type that it has at run time.</summary>
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
            // Lets go of the target, which belongs to somebody.
            writer.Reset(NoTarget.Instance);
            _idle = (_writerOwner, writer);
        }
    }

    private void WriteUntyped(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case CancellationToken:
                throw new ArgumentException("A CancellationToken stands where the value to send is expected. Name it: cancellationToken: token.");
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

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "Guarded by the switch that trimming turns off; without it TypeOf names the type and the cure.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Guarded by the switch that AOT turns off; without it TypeOf names the type and the cure.")]
    private static DefaultJsonTypeInfoResolver? ReflectionIfEnabled() => JsonSerializer.IsReflectionEnabledByDefault ? new DefaultJsonTypeInfoResolver() : null;

    /// <summary>What the idle writer writes to: nothing.</summary>
    private sealed class NoTarget : IBufferWriter<byte>
    {
        public static readonly NoTarget Instance = new();

        public void Advance(int count) => throw new NotSupportedException();

        public Memory<byte> GetMemory(int sizeHint = 0) => throw new NotSupportedException();

        public Span<byte> GetSpan(int sizeHint = 0) => throw new NotSupportedException();
    }
}
