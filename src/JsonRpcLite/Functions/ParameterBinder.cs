using System.Reflection;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>Assigns the parameters of a call to those of a function.</summary>
/// <remarks>They are assigned by position from an array, and by exact name from an object (JSON-RPC 2.0, 4.2). Every error names the parameter, and nothing internal.</remarks>
internal sealed class ParameterBinder
{
    private readonly FunctionParameter[] _parameters;
    private readonly int _valueCount;
    private readonly bool _hasFilled;
    private readonly bool _takesAnyCase;

    /// <param name="named">The parameters of the method, for their names and defaults.</param>
    /// <param name="typed">The parameters of the delegate, of the same number, for their types.</param>
    /// <param name="binding">How they are read, or who supplies their values.</param>
    /// <exception cref="NotSupportedException">A type has no JSON contract, or two parameters have the same name in calls.</exception>
    public ParameterBinder(ParameterInfo[] named, ParameterInfo[] typed, MethodBinding binding)
        : this([.. named.Zip(typed, (n, t) => FunctionParameter.Of(n, t.ParameterType, binding))], [.. named.Select(p => p.Name)], binding.Serializer)
    {
    }

    /// <param name="parameters">The parameters in their order.</param>
    /// <param name="sourceNames">Their C# names, of the same number.</param>
    /// <param name="serializer">The serializer that reads them.</param>
    /// <exception cref="NotSupportedException">Two parameters have the same name in calls.</exception>
    public ParameterBinder(FunctionParameter[] parameters, string?[] sourceNames, JsonRpcSerializer serializer)
    {
        _parameters = parameters;
        // Written as a loop for speed: a server binds each of its methods when it starts.
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

    /// <summary>The number of arguments of the function, including those that are not part of the call.</summary>
    public int Count => _parameters.Length;

    /// <param name="call">The call, whose parameters are read.</param>
    /// <param name="arguments">Receives the arguments; its length is <see cref="Count"/>.</param>
    /// <param name="reports">The argument for a parameter that receives reports of progress.</param>
    /// <param name="cancellationToken">The argument for a <see cref="CancellationToken"/>.</param>
    /// <exception cref="JsonRpcException">The parameters do not fit: -32602.</exception>
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

    /// <summary>Fills in the host's arguments, after the caller's were accepted, since a service may be created for one.</summary>
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

    /// <summary>Returns a reader at the beginning of the parameters.</summary>
    public static Utf8JsonReader Open(ReadOnlySpan<byte> text)
    {
        // The text is well-formed, so this is the only fault that the serializer might miss, or report as another one.
        if (text.Contains((byte)'{') && JsonText.BreaksRule(text, JsonText.MaxRequestDepth))
            throw JsonRpcException.InvalidParams(JsonText.ExplainRefusal(text, JsonText.MaxRequestDepth) + ".");
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
        reader.Read();
        return reader;
    }

    /// <summary>Moves the reader to the next value, and returns the index of its parameter; -1 at the end.</summary>
    /// <param name="reader">The reader, at the beginning or at the last token of the last value.</param>
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

    /// <summary>Rejects C# names that the naming policy or case-insensitivity makes equal.</summary>
    /// <remarks>Discards share a C# name, and are passed by position.</remarks>
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
                $"the parameters {string.Join(" and ", names)} are both called '{name}' in calls, by the naming policy or because names are case-insensitive. Give one of them another name with [JsonRpcName].");
        }
    }

    /// <summary>Lists the names of the parameters, and suggests AddHandler where the only parameter is an object.</summary>
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
