using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>
/// Spreads the parameters of a call over those of a function: by position from an array, by exact name from an object (JSON-RPC 2.0, 4.2). Every error names the parameter and
/// nothing internal.
/// </summary>
internal sealed class ParameterBinder
{
    private readonly Parameter[] _parameters;
    private readonly int _valueCount;

    public ParameterBinder(ParameterInfo[] parameters, JsonRpcSerializer serializer)
    {
        _parameters = [.. parameters.Select(p => new Parameter(p, serializer))];
        _valueCount = _parameters.Count(p => p.Type is not null);
    }

    /// <summary>How many arguments the function takes, those that are no part of the call included.</summary>
    public int Count => _parameters.Length;

    /// <param name="call">The call, whose parameters are read.</param>
    /// <param name="arguments">Takes the arguments; <see cref="Count"/> of them.</param>
    /// <param name="cancellationToken">For a parameter that asks for it.</param>
    /// <exception cref="JsonRpcException">They do not fit: -32602.</exception>
    public void Bind(JsonRpcCall call, Span<object?> arguments, CancellationToken cancellationToken)
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
            else if (arguments[i] == Missing.Value)
                arguments[i] = parameter.IsOptional ? parameter.Default : throw InvalidParams($"'{parameter.Name}' is missing.");
        }
    }

    private void Read(ReadOnlySpan<byte> text, Span<object?> arguments)
    {
        // The text is well-formed, so this is the one fault that the serializer might not see, or see as something else.
        if (text.Contains((byte)'{') && JsonText.HoldsMemberTwice(text))
            throw InvalidParams(JsonText.ExplainRefusal(text, JsonText.MaxReplyDepth) + ".");

        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
        reader.Read();
        if (reader.TokenType == JsonTokenType.StartArray)
            ReadByPosition(ref reader, arguments);
        else
            ReadByName(ref reader, arguments);
    }

    private void ReadByPosition(ref Utf8JsonReader reader, Span<object?> arguments)
    {
        var index = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            while (index < _parameters.Length && _parameters[index].Type is null)
                index++;
            if (index == _parameters.Length)
                throw InvalidParams($"there are more than the {_valueCount} that the method takes.");
            arguments[index] = _parameters[index].Read(ref reader);
            index++;
        }
    }

    private void ReadByName(ref Utf8JsonReader reader, Span<object?> arguments)
    {
        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var index = IndexOf(ref reader);
            if (index < 0)
                throw InvalidParams($"there is no parameter '{Shown(reader.GetString()!)}'.");
            reader.Read();
            arguments[index] = _parameters[index].Read(ref reader);
        }
    }

    private int IndexOf(ref Utf8JsonReader reader)
    {
        for (var i = 0; i < _parameters.Length; i++)
        {
            if (_parameters[i].Type is not null && reader.ValueTextEquals(_parameters[i].Utf8Name))
                return i;
        }
        return -1;
    }

    private static string Shown(string name) => name.Length <= 100 ? name : name[..100] + "...";

    private static JsonRpcException InvalidParams(string reason) => new(JsonRpcErrorCodes.InvalidParams, $"Invalid params: {reason}");

    private sealed class Parameter
    {
        private readonly bool _takesNull;

        public Parameter(ParameterInfo parameter, JsonRpcSerializer serializer)
        {
            Name = parameter.Name ?? $"parameter {parameter.Position + 1}";
            Utf8Name = Encoding.UTF8.GetBytes(Name);
            IsToken = parameter.ParameterType == typeof(CancellationToken);
            IsCall = parameter.ParameterType == typeof(JsonRpcCall);
            if (IsToken || IsCall)
                return;
            Type = serializer.TypeOf(parameter.ParameterType);
            IsOptional = parameter.HasDefaultValue;
            Default = IsOptional ? parameter.DefaultValue : null;
            _takesNull = NullAnnotation.Allows(parameter);
        }

        public string Name { get; }

        public byte[] Utf8Name { get; }

        public bool IsToken { get; }

        public bool IsCall { get; }

        /// <summary>How it is read; <c>null</c> where it is no part of the call.</summary>
        public JsonTypeInfo? Type { get; }

        public bool IsOptional { get; }

        public object? Default { get; }

        public object? Read(ref Utf8JsonReader reader)
        {
            try
            {
                var isNull = reader.TokenType == JsonTokenType.Null;
                var value = JsonSerializer.Deserialize(ref reader, Type!);
                return isNull && !_takesNull ? throw new JsonException() : value;
            }
            catch (JsonException)
            {
                throw InvalidParams($"the value of '{Name}' does not fit.");
            }
        }
    }
}
