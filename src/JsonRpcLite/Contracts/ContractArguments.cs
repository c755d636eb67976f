using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite.CompilerServices;

/// <summary>The arguments of one call. Each parameter reads its own, in the order of the parameters; the last one sees that there are no others.</summary>
/// <remarks>
/// An argument is found by position in an array, and by name in an object (JSON-RPC 2.0, 4.2). Nearly all callers send them in the order of the parameters, so that each
/// is read where the one before ended. At
/// the first that is not, the places of all that follow are noted, and read from there.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct ContractArguments
{
    private readonly ParameterBinder _binder;
    private readonly ReadOnlySpan<byte> _text;
    private Utf8JsonReader _reader;

    /// <summary>The parameter of the argument on which the reader stands; -1 at the end.</summary>
    private int _index;

    /// <summary>Whether the places are noted, since the arguments do not come in order.</summary>
    private bool _isNoted;

    /// <summary>The place of each argument in the text, for the first parameters; 0 for a parameter without an argument.</summary>
    private FewPlaces _few;

    /// <summary>The same for all parameters, where there are more.</summary>
    private int[]? _more;

    /// <summary>Opens the arguments of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="signature">The parameters of its method.</param>
    /// <exception cref="JsonRpcException">An object in the parameters has a member twice, there is no such parameter, or there are too many: -32602.</exception>
    public ContractArguments(JsonRpcCall call, ContractSignature signature)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(signature);
        _binder = signature.Binder;
        _text = call.Parameters.Span;
        _index = -1;
        if (_text.IsEmpty)
            return;
        _reader = ParameterBinder.Open(_text);
        _index = _binder.Next(ref _reader, -1);
    }

    /// <summary>Reads the argument of a parameter, after those of all parameters before it.</summary>
    internal T Read<T>(FunctionParameter<T> parameter, int position)
    {
        if (_index == position && !_isNoted)
        {
            var value = parameter.Read(ref _reader, _text);
            _index = _binder.Next(ref _reader, position);
            // The last parameter: an argument that is left over is for one that was read, which differs from it in case alone, or for none.
            if (_index >= 0 && _index <= position)
                NotePlaces();
            return value;
        }
        if (_index >= 0)
            NotePlaces();
        var place = !_isNoted ? 0 : position < FewPlaces.Length ? _few[position] : _more![position];
        if (place == 0)
            return parameter.GetDefault();
        var text = _text[place..];
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
        reader.Read();
        return parameter.Read(ref reader, text);
    }

    /// <summary>Goes through all arguments that are left.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NotePlaces()
    {
        _isNoted = true;
        _more = _binder.Count > FewPlaces.Length ? new int[_binder.Count] : null;
        while (_index >= 0)
        {
            if (_index < FewPlaces.Length)
                _few[_index] = (int)_reader.TokenStartIndex;
            else
                _more![_index] = (int)_reader.TokenStartIndex;
            _reader.Skip();
            _index = _binder.Next(ref _reader, _index);
        }
    }

    [InlineArray(Length)]
    private struct FewPlaces
    {
        public const int Length = 8;

        private int _first;
    }
}
