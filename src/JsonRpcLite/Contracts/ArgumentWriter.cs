using System.ComponentModel;
using System.Text.Json;

namespace JsonRpcLite.CompilerServices;

/// <summary>Writes the arguments of a proxy's call, one after the other.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct ArgumentWriter
{
    private readonly Utf8JsonWriter _writer;
    private readonly ParameterOutline[] _parameters;
    private readonly ContractValue[] _values;
    private readonly bool _byPosition;
    private int _position;

    internal ArgumentWriter(Utf8JsonWriter writer, ParameterOutline[] parameters, ContractValue[] values, bool byPosition)
    {
        _writer = writer;
        _parameters = parameters;
        _values = values;
        _byPosition = byPosition;
    }

    /// <summary>Writes the argument of the next parameter.</summary>
    /// <param name="value">The argument.</param>
    /// <typeparam name="T">Its type.</typeparam>
    public void Write<T>(T value)
    {
        var parameter = _parameters[_position++];
        if (!_byPosition)
            _writer.WritePropertyName(parameter.Utf8Name);
        ((ContractValue<T>)_values[parameter.Type]).Format.Write(_writer, value);
    }
}
