using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;

namespace JsonRpcLite.CompilerServices;

/// <summary>The arguments of a call that a proxy makes.</summary>
/// <remarks>
/// There is one type for each number of arguments, so that generated code needs no writing method for each contract method. More than seven arguments are nested, as in
/// <see cref="ValueTuple"/>.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public interface ISentArguments
{
    /// <summary>Writes the arguments in the order of the parameters.</summary>
    /// <param name="writer">Writes each argument.</param>
    void Write(ref ArgumentWriter writer);
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments<T1>(T1 argument1) : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments<T1, T2>(T1 argument1, T2 argument2) : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
        writer.Write(argument2);
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments<T1, T2, T3>(T1 argument1, T2 argument2, T3 argument3) : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
        writer.Write(argument2);
        writer.Write(argument3);
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments<T1, T2, T3, T4>(T1 argument1, T2 argument2, T3 argument3, T4 argument4) : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
        writer.Write(argument2);
        writer.Write(argument3);
        writer.Write(argument4);
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments<T1, T2, T3, T4, T5>(T1 argument1, T2 argument2, T3 argument3, T4 argument4, T5 argument5) : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
        writer.Write(argument2);
        writer.Write(argument3);
        writer.Write(argument4);
        writer.Write(argument5);
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments<T1, T2, T3, T4, T5, T6>(T1 argument1, T2 argument2, T3 argument3, T4 argument4, T5 argument5, T6 argument6) : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
        writer.Write(argument2);
        writer.Write(argument3);
        writer.Write(argument4);
        writer.Write(argument5);
        writer.Write(argument6);
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
public readonly struct SentArguments<T1, T2, T3, T4, T5, T6, T7>(T1 argument1, T2 argument2, T3 argument3, T4 argument4, T5 argument5, T6 argument6, T7 argument7) : ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
        writer.Write(argument2);
        writer.Write(argument3);
        writer.Write(argument4);
        writer.Write(argument5);
        writer.Write(argument6);
        writer.Write(argument7);
    }
}

/// <inheritdoc cref="ISentArguments"/>
[EditorBrowsable(EditorBrowsableState.Never)]
[SuppressMessage("Performance", "CA1815", Justification = "They are never compared.")]
[SuppressMessage("Design", "CA1005", Justification = "Generated code names them.")]
public readonly struct SentArguments<T1, T2, T3, T4, T5, T6, T7, TRest>(
    T1 argument1, T2 argument2, T3 argument3, T4 argument4, T5 argument5, T6 argument6, T7 argument7, TRest rest) : ISentArguments
    where TRest : struct, ISentArguments
{
    /// <inheritdoc/>
    public void Write(ref ArgumentWriter writer)
    {
        writer.Write(argument1);
        writer.Write(argument2);
        writer.Write(argument3);
        writer.Write(argument4);
        writer.Write(argument5);
        writer.Write(argument6);
        writer.Write(argument7);
        rest.Write(ref writer);
    }
}
