using System.ComponentModel;
using System.Text.Json;

namespace JsonRpcLite.CompilerServices;

/// <summary>The parameters of a contract's method, by which the arguments of a call are found. Thread-safe.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContractSignature
{
    internal ContractSignature(ParameterBinder binder) => Binder = binder;

    internal ParameterBinder Binder { get; }
}

/// <summary>The arguments of one call, in the order in which they came.</summary>
/// <remarks>An argument is found by position in an array, and by name in an object (JSON-RPC 2.0, 4.2).</remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct ContractArguments
{
    private readonly ParameterBinder _binder;

    /// <summary>Stands on the argument's value, and where it was read, on its last token.</summary>
    internal Utf8JsonReader Reader;

    /// <summary>Opens the arguments of a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="signature">The parameters of its method.</param>
    /// <exception cref="JsonRpcException">An object in the parameters has a member twice: -32602.</exception>
    public ContractArguments(JsonRpcCall call, ContractSignature signature)
    {
        ArgumentNullException.ThrowIfNull(call);
        ArgumentNullException.ThrowIfNull(signature);
        _binder = signature.Binder;
        Text = call.Parameters.Span;
        Reader = Text.IsEmpty ? default : ParameterBinder.Open(Text);
        Index = -1;
    }

    /// <summary>The parameter that the argument is for, by its place among those that callers pass; -1 before the first and after the last.</summary>
    public int Index { get; private set; }

    /// <summary>All that the reader reads.</summary>
    internal ReadOnlySpan<byte> Text { get; }

    /// <summary>Moves to the next argument, which must then be read.</summary>
    /// <returns><c>false</c> when there is none.</returns>
    /// <exception cref="JsonRpcException">There is no such parameter, or there are too many: -32602.</exception>
    public bool MoveNext()
    {
        if (Text.IsEmpty)
            return false;
        Index = _binder.Next(ref Reader, Index);
        return Index >= 0;
    }
}
