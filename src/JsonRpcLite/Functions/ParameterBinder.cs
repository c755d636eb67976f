using System.Reflection;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// Spreads the parameters of a call over those of a function: by position from an array, by exact name from an object (JSON-RPC 2.0, 4.2). Every error names the parameter and
/// nothing internal.
/// </summary>
internal sealed class ParameterBinder
{
    private readonly FunctionParameter[] _parameters;
    private readonly int _valueCount;
    private readonly bool _hasFilled;
    private readonly bool _takesAnyCase;

    /// <param name="named">The parameters of the method, for their names and defaults.</param>
    /// <param name="typed">The parameters of the delegate, as many, for their types.</param>
    /// <param name="binding">How they are read, or what fills them in.</param>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or two parameters have one name in calls.</exception>
    public ParameterBinder(ParameterInfo[] named, ParameterInfo[] typed, MethodBinding binding)
        : this([.. named.Zip(typed, (n, t) => FunctionParameter.Of(n, t.ParameterType, binding))], [.. named.Select(p => p.Name)], binding.Serializer)
    {
    }

    /// <param name="parameters">The parameters in their order.</param>
    /// <param name="sourceNames">Their names in C#, as many.</param>
    /// <param name="serializer">How they are read.</param>
    /// <exception cref="NotSupportedException">Two parameters have one name in calls.</exception>
    public ParameterBinder(FunctionParameter[] parameters, string?[] sourceNames, JsonRpcSerializer serializer)
    {
        _parameters = parameters;
        // By hand: a server binds each of its methods when it starts.
        foreach (var parameter in parameters)
        {
            _valueCount += parameter.IsValue ? 1 : 0;
            _hasFilled |= parameter.Fill is not null;
        }
        _takesAnyCase = serializer.Options.PropertyNameCaseInsensitive;
        RefuseSharedName(sourceNames);
    }

    /// <summary>The parameters in the function's order.</summary>
    public ReadOnlySpan<FunctionParameter> Parameters => _parameters;

    /// <summary>How many arguments the function takes, those that are no part of the call included.</summary>
    public int Count => _parameters.Length;

    /// <param name="call">The call, whose parameters are read.</param>
    /// <param name="arguments">Takes the arguments; <see cref="Count"/> of them.</param>
    /// <param name="reports">For a parameter that takes reports of progress.</param>
    /// <param name="cancellationToken">For a parameter that asks for it.</param>
    /// <exception cref="JsonRpcException">They do not fit: -32602.</exception>
    public void Bind(JsonRpcCall call, Span<object?> arguments, object? reports, CancellationToken cancellationToken)
    {
        arguments.Fill(Missing.Value);
        var text = call.Parameters.Span;
        if (!text.IsEmpty)
            Read(text, arguments);
        for (var i = 0; i < _parameters.Length; i++)
        {
            var parameter = _parameters[i];
            if (parameter.IsToken)
                arguments[i] = cancellationToken;
            else if (parameter.IsCall)
                arguments[i] = call;
            else if (parameter.IsProgress)
                arguments[i] = reports;
            else if (parameter.IsValue && arguments[i] == Missing.Value)
                arguments[i] = parameter.GetDefaultBoxed();
        }
        if (_hasFilled)
            FillIn(call, arguments);
    }

    /// <summary>When all that the caller sends has been accepted, since a service may be made for it.</summary>
    private void FillIn(JsonRpcCall call, Span<object?> arguments)
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].Fill is { } fill)
                arguments[i] = fill(call);
        }
    }

    private void Read(ReadOnlySpan<byte> text, Span<object?> arguments)
    {
        var reader = Open(text);
        for (var index = Next(ref reader, -1); index >= 0; index = Next(ref reader, index))
            arguments[index] = _parameters[index].ReadBoxed(ref reader, text);
    }

    /// <summary>A reader at the beginning of the parameters.</summary>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> text)
    {
        // The text is well-formed, so this is the one fault that the serializer might not see, or see as something else.
        if (text.Contains((byte)'{') && JsonText.BreaksRule(text, JsonText.MaxRequestDepth))
            throw JsonRpcException.InvalidParams(JsonText.ExplainRefusal(text, JsonText.MaxRequestDepth) + ".");
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
        reader.Read();
        return reader;
    }

    /// <summary>Moves the reader to the next value, and says to which parameter it belongs; -1 at the end.</summary>
    /// <param name="reader">Stands at the beginning, or on the last value's last token.</param>
    /// <param name="last">The parameter of the value before; -1 at the beginning.</param>
    public int Next(ref Utf8JsonReader reader, int last)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.PropertyName)
        {
            var named = IndexOf(ref reader);
            if (named < 0)
                throw JsonRpcException.InvalidParams($"there is no parameter '{PeerText.Shown(reader.GetString()!)}'. {DescribeNames()}");
            reader.Read();
            return named;
        }
        if (reader.TokenType is JsonTokenType.EndObject || reader.TokenType is JsonTokenType.EndArray)
            return -1;
        for (var index = last + 1; index < _parameters.Length; index++)
        {
            if (_parameters[index].IsValue)
                return index;
        }
        throw JsonRpcException.InvalidParams($"there are more than the {_valueCount} that the method takes.");
    }

    /// <summary>Names that differ in C# and are one by the naming policy, or where case does not count. Discards share theirs in C#, and go by position.</summary>
    private void RefuseSharedName(string?[] sourceNames)
    {
        var comparison = _takesAnyCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal;
        for (var i = 0; i < _parameters.Length; i++)
        {
            for (var j = i + 1; j < _parameters.Length; j++)
            {
                if (Counts(i) && Counts(j) && _parameters[i].Name.Equals(_parameters[j].Name, comparison))
                    throw Shared(_parameters[i].Name);
            }
        }

        bool Counts(int index) => _parameters[index].IsValue && sourceNames[index] != "_";

        NotSupportedException Shared(string name)
        {
            var names = sourceNames.Where((_, i) => Counts(i) && _parameters[i].Name.Equals(name, comparison)).Select(source => $"'{source}'");
            return new NotSupportedException(
                $"the parameters {string.Join(" and ", names)} are both called '{name}' in calls, by the naming policy or since case does not count. Give one of them another name with [JsonRpcName].");
        }
    }

    /// <summary>What the parameters are called, and, where one object takes them all, how to have it taken whole.</summary>
    private string DescribeNames()
    {
        const int most = 20;
        var values = _parameters.Where(p => p.IsValue).ToList();
        var names = string.Join(", ", values.Take(most).Select(p => $"'{p.Name}'")) + (values.Count > most ? ", ..." : "");
        return values.Count switch
        {
            0 => "The method takes none.",
            1 when values[0].IsObject =>
                $"The method takes one, {names}, which is an object: send {{\"{values[0].Name}\":{{...}}}}, or register the method with AddHandler, which takes the parameters whole.",
            1 => $"The method takes one: {names}.",
            _ => $"The method takes {names}{(_takesAnyCase ? "" : " (names are case-sensitive)")}.",
        };
    }

    private int IndexOf(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].IsValue && reader.ValueTextEquals(_parameters[i].Utf8Name))
                return i;
        }
        return _takesAnyCase ? Array.FindIndex(_parameters, Named(reader.GetString()!)) : -1;

        static Predicate<FunctionParameter> Named(string name) => p => p.IsValue && p.Name.Equals(name, StringComparison.OrdinalIgnoreCase);
    }
}
