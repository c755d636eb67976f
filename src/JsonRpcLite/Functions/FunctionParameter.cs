using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>One parameter of a registered function: its name, and how its value is read.</summary>
internal abstract class FunctionParameter
{
    private protected FunctionParameter(string name, Type type)
    {
        Name = name;
        Utf8Name = Encoding.UTF8.GetBytes(name);
        IsToken = type == typeof(CancellationToken);
        IsCall = type == typeof(JsonRpcCall);
        IsProgress = IsProgressOf(type);
    }

    public string Name { get; }

    public byte[] Utf8Name { get; }

    public bool IsToken { get; }

    public bool IsCall { get; }

    /// <summary>Whether the function reports its progress through this parameter.</summary>
    public bool IsProgress { get; }

    /// <summary>Whether its value comes from the call, and not from the server or host.</summary>
    public bool IsValue => !IsToken && !IsCall && !IsProgress && Fill is null;

    /// <summary>Returns the value that a host supplies; <c>null</c> where a host supplies none.</summary>
    public Func<JsonRpcCall, object?>? Fill { get; private init; }

    /// <summary>Whether a parameter of this type is for reports of progress.</summary>
    public static bool IsProgressOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IProgress<>);

    /// <summary>Whether the server supplies parameters of this type, so that they are not part of the call.</summary>
    public static bool IsFilledIn(Type type) => type == typeof(CancellationToken) || type == typeof(JsonRpcCall) || IsProgressOf(type);

    /// <summary>Returns the name by which callers pass the parameter.</summary>
    /// <remarks>It is the attribute's, or the C# name converted by the naming policy.</remarks>
    public static string NameOf(ParameterInfo parameter, JsonSerializerOptions? options = null)
    {
        if (parameter.GetCustomAttribute<JsonRpcNameAttribute>() is { } attribute)
            return attribute.Name;
        return parameter.Name is { } name ? options?.PropertyNamingPolicy?.ConvertName(name) ?? name : $"parameter {parameter.Position + 1}";
    }

    /// <param name="parameter">The name, the default, and whether it takes null.</param>
    /// <param name="type">The type; that of the delegate may be narrower than that of the method.</param>
    /// <param name="binding">How the parameter is read, or who supplies its value.</param>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    [UnconditionalSuppressMessage(
        "AOT", "IL3050", Justification = "Without dynamic code, CreateInstance throws when the method is registered; AddHandler does not need it.")]
    [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "DynamicDependency keeps the constructor of FunctionParameter<T> that is called.")]
    [DynamicDependency(DynamicallyAccessedMemberTypes.PublicConstructors, typeof(FunctionParameter<>))]
    public static FunctionParameter Of(ParameterInfo parameter, Type type, MethodBinding binding)
    {
        if (IsFilledIn(type))
            return new FilledIn(parameter, type);
        if (binding.Fill(parameter) is { } fill)
            return new FilledIn(parameter, type) { Fill = fill };
        var serializer = binding.Serializer;
        // A parameter that may be omitted is usable although its type cannot be read.
        var isNeeded = !parameter.HasDefaultValue && !NullAnnotation.Allows(parameter) && !TypeRules.IsFSharpOption(type);
        return (FunctionParameter)Activator.CreateInstance(
            typeof(FunctionParameter<>).MakeGenericType(type), parameter, isNeeded ? serializer.InputOf(type) : serializer.TypeOf(type))!;
    }

    /// <summary>Describes the parameter for discovery; valid only if <see cref="IsValue"/> is true.</summary>
    public abstract ParameterShape Describe();

    /// <summary>Whether its type is read from a JSON object, member by member.</summary>
    public abstract bool IsObject { get; }

    /// <param name="reader">The reader, which is at the value.</param>
    /// <param name="text">The whole text of the reader, to explain a refusal.</param>
    /// <exception cref="JsonRpcException">The value does not fit: -32602.</exception>
    public abstract object? ReadBoxed(ref Utf8JsonReader reader, ReadOnlySpan<byte> text);

    /// <exception cref="JsonRpcException">The parameter is required: -32602.</exception>
    public abstract object? GetDefaultBoxed();

    private sealed class FilledIn(ParameterInfo parameter, Type type) : FunctionParameter(NameOf(parameter), type)
    {
        public override ParameterShape Describe() => throw new NotSupportedException();

        public override bool IsObject => false;

        public override object? ReadBoxed(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) => throw new NotSupportedException();

        public override object? GetDefaultBoxed() => throw new NotSupportedException();
    }
}

/// <inheritdoc cref="FunctionParameter"/>
internal sealed class FunctionParameter<T> : FunctionParameter
{
    private readonly JsonTypeInfo<T> _type;
    private readonly ValueFormat<T> _format;
    private readonly bool _takesNull;
    private readonly bool _isOptional;
    private readonly T? _default;

    /// <summary>The parameter from which attributes are read; <c>null</c> where there is none.</summary>
    private readonly ParameterInfo? _source;

    public FunctionParameter(ParameterInfo parameter, JsonTypeInfo type)
        // An F# option is None if the parameter is omitted, and None is sent as null.
        : this(NameOf(parameter, type.Options), (JsonTypeInfo<T>)type, TypeRules.IsFSharpOption(typeof(T)) || NullAnnotation.Allows(parameter), TypeRules.IsFSharpOption(typeof(T))
            || parameter.HasDefaultValue, DefaultOf(parameter)) =>
        _source = parameter;

    /// <param name="name">The name by which callers pass it.</param>
    /// <param name="type">How its values are read.</param>
    /// <param name="takesNull">Whether <c>null</c> is a valid value.</param>
    /// <param name="isOptional">Whether it may be omitted.</param>
    /// <param name="defaultValue">Its value if it is omitted.</param>
    public FunctionParameter(string name, JsonTypeInfo<T> type, bool takesNull, bool isOptional, T? defaultValue)
        : base(name, typeof(T))
    {
        _type = type;
        _format = new ValueFormat<T>(_type);
        _takesNull = takesNull;
        _isOptional = isOptional;
        _default = defaultValue;
    }

    public override ParameterShape Describe() =>
        new(Name, _type, _takesNull, !_isOptional, !_isOptional || _default is null ? null : JsonSerializer.SerializeToNode(_default, _type), _source);

    public override bool IsObject => _type.Kind == JsonTypeInfoKind.Object;

    /// <inheritdoc cref="FunctionParameter.ReadBoxed"/>
    public T Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        var begin = (int)reader.TokenStartIndex;
        try
        {
            var value = _format.Read(ref reader);
            return value is null && !_takesNull ? throw new JsonException() : value!;
        }
        catch (Exception e) when (JsonRpcSerializer.IsMisfit(e, _type))
        {
            throw Refuse(text[begin..], e);
        }
    }

    public override object? ReadBoxed(ref Utf8JsonReader reader, ReadOnlySpan<byte> text) => Read(ref reader, text);

    public override object? GetDefaultBoxed() => GetDefault();

    /// <exception cref="JsonRpcException">The parameter is required: -32602.</exception>
    public T GetDefault() => _isOptional ? _default! : throw JsonRpcException.InvalidParams($"'{Name}' is missing.");

    /// <summary>Returns the default of a parameter.</summary>
    /// <remarks>Reflection reports the default of a struct as <c>null</c>, and that of a nullable enum as its number.</remarks>
    private static T? DefaultOf(ParameterInfo parameter) =>
        !parameter.HasDefaultValue || parameter.DefaultValue is not { } value
            ? default : (T)(Nullable.GetUnderlyingType(typeof(T)) is { IsEnum: true } enumType ? Enum.ToObject(enumType, value) : value);

    /// <param name="text">The text, which begins with the value.</param>
    /// <param name="exception">The exception of the reader.</param>
    private JsonRpcException Refuse(ReadOnlySpan<byte> text, Exception exception)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
        reader.Read();
        if (reader.TokenType == JsonTokenType.Null && _isOptional)
            return JsonRpcException.InvalidParams($"the value of '{Name}' does not fit: it must not be null. Leave it out to take its default.");
        reader.Skip();
        var value = text[..(int)reader.BytesConsumed];
        if (exception is JsonException && JsonRpcSerializer.ExplainMisfit(value, _type, exception) is var reason
            && !reason.StartsWith("the value at '$' ", StringComparison.Ordinal))
            return JsonRpcException.InvalidParams($"in '{Name}' {reason}.");
        return JsonRpcException.InvalidParams(ExpectedValue.Of(value, _type) is { } expected
            ? $"the value of '{Name}' does not fit: it must be {expected}{(_takesNull ? ", or null" : "")}." : $"the value of '{Name}' does not fit.", exception);
    }
}
