using System.ComponentModel;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite.CompilerServices;

/// <summary>
/// Binds one method of a contract to the types of a server: generated code asks it for each parameter in order, and for the result. Used by one thread, when a server
/// starts.
/// </summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractBinder
{
    private readonly JsonRpcSerializer _serializer;
    private readonly List<FunctionParameter> _parameters = [];
    private readonly List<IReadOnlyList<object>> _attributes = [];
    private ParameterBinder? _binder;
    private JsonTypeInfo? _output;
    private JsonTypeInfo? _progress;
    private bool _returnsNull;
    private bool _returnsSequence;

    internal ContractBinder(JsonRpcSerializer serializer) => _serializer = serializer;

    /// <summary>The next parameter, which callers must pass.</summary>
    /// <param name="name">Its name on the wire.</param>
    /// <param name="takesNull">Whether <c>null</c> is a value for it.</param>
    /// <param name="attributes">The attributes of the parameter, for its schema; <c>null</c> where it has none.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public ContractParameter<T> Parameter<T>(string name, bool takesNull, Func<object[]>? attributes = null) =>
        // What may be null can be called without being read.
        Add(new FunctionParameter<T>(name, takesNull ? _serializer.TypeOf<T>() : _serializer.InputOf<T>(), takesNull, isOptional: false, default), attributes);

    /// <summary>The next parameter, which callers may leave out.</summary>
    /// <param name="name">Its name on the wire.</param>
    /// <param name="takesNull">Whether <c>null</c> is a value for it.</param>
    /// <param name="defaultValue">Its value where it is left out.</param>
    /// <param name="attributes">The attributes of the parameter, for its schema; <c>null</c> where it has none.</param>
    /// <typeparam name="T">Its type.</typeparam>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public ContractParameter<T> OptionalParameter<T>(string name, bool takesNull, T? defaultValue, Func<object[]>? attributes = null) =>
        Add(new FunctionParameter<T>(name, _serializer.TypeOf<T>(), takesNull, isOptional: true, defaultValue), attributes);

    /// <summary>What the method returns.</summary>
    /// <param name="mayBeNull">Whether that may be <c>null</c>.</param>
    /// <typeparam name="T">Its type, or that of a task's result.</typeparam>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public ContractResult<T> Result<T>(bool mayBeNull)
    {
        var type = _serializer.TypeOf<T>();
        (_output, _returnsNull) = (type, mayBeNull);
        return new ContractResult<T>(new ValueFormat<T>(type));
    }

    /// <summary>What the method returns item by item.</summary>
    /// <param name="isStreamOnly">Whether callers that accept no stream are refused.</param>
    /// <typeparam name="T">The type of an item.</typeparam>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public ContractItems<T> Items<T>(bool isStreamOnly)
    {
        var type = _serializer.TypeOf<T>();
        (_output, _returnsSequence) = (type, true);
        return new ContractItems<T>(new ValueFormat<T>(type), isStreamOnly);
    }

    /// <summary>What the method reports as its progress.</summary>
    /// <typeparam name="T">The type of a report.</typeparam>
    /// <exception cref="NotSupportedException">The type has no JSON contract.</exception>
    public ContractProgress<T> Progress<T>()
    {
        var type = _serializer.TypeOf<T>();
        _progress = type;
        return new ContractProgress<T>(new ValueFormat<T>(type));
    }

    /// <summary>The parameters together, after all of them were asked for.</summary>
    /// <exception cref="NotSupportedException">Two parameters have one name.</exception>
    public ContractSignature Signature()
    {
        _binder ??= new ParameterBinder([.. _parameters], [.. _parameters.Select(p => p.Name)], _serializer);
        return new ContractSignature(_binder);
    }

    internal MethodShape Describe(JsonRpcMethodDescription? description) => new()
    {
        Parameters = [.. _parameters.Select((parameter, index) => parameter.Describe() with { Attributes = _attributes[index] })],
        Output = _output,
        ReturnsNothing = _output is null,
        ReturnsNull = _returnsNull,
        ReturnsSequence = _returnsSequence,
        Progress = _progress,
        Description = description,
    };

    private ContractParameter<T> Add<T>(FunctionParameter<T> parameter, Func<object[]>? attributes)
    {
        _parameters.Add(parameter);
        _attributes.Add(attributes?.Invoke() ?? []);
        return new ContractParameter<T>(parameter, _parameters.Count - 1);
    }
}
