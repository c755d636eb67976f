using System.Text;

namespace JsonRpcLite.Http11;

/// <summary>The header fields or trailer fields of a message, in their order, as bytes.</summary>
/// <remarks>
/// There are two uses. <see cref="Http11Connection.Fields"/> and <see cref="Http11Connection.Trailers"/> are live views of what was read. A caller makes its own list, fills it
/// with <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, sends it, and may clear and reuse it, which allocates nothing once its storage has grown. Not thread-safe.
/// </remarks>
public sealed class Http11Fields
{
    private readonly bool _isView;
    private readonly FieldTable _table;
    private byte[] _storage = [];
    private int _used;

    /// <summary>Makes an empty list to fill and send.</summary>
    public Http11Fields() => _table = new FieldTable();

    internal Http11Fields(FieldTable table)
    {
        _table = table;
        _isView = true;
    }

    /// <summary>The number of field lines.</summary>
    /// <remarks>A field that occurs twice counts twice.</remarks>
    public int Count => _isView && !_table.IsWhole ? 0 : _table.Count;

    internal FieldTable Table => _table;

    /// <summary>The fields of a caller's own list, checked when they were added, in their form on the wire; empty for a view.</summary>
    internal ReadOnlySpan<byte> WireBlock => _isView ? default : _storage.AsSpan(0, _used);

    internal bool IsView => _isView;

    /// <summary>The name of a field, in its original case.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public ReadOnlySpan<byte> NameAt(int index) => _table.NameAt(Check(index));

    /// <summary>The value of a field, without surrounding white space.</summary>
    /// <param name="index">The index, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">The index is out of range.</exception>
    public ReadOnlySpan<byte> ValueAt(int index) => _table.ValueAt(Check(index));

    /// <summary>Finds the first field of a name, without allocating.</summary>
    /// <param name="name">The name in ASCII, in any case (RFC 9110 5.1).</param>
    /// <param name="value">The value, valid as long as this view.</param>
    /// <returns>Whether there is a field of the name.</returns>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var index = IndexOf(name);
        value = index < 0 ? default : _table.ValueAt(index);
        return index >= 0;
    }

    /// <summary>Finds the index of the next field of a name; -1 if there is none.</summary>
    /// <param name="name">The name in ASCII, in any case.</param>
    /// <param name="start">The index at which to begin; 0 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="start"/> is negative.</exception>
    public int IndexOf(ReadOnlySpan<byte> name, int start = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        return Count == 0 ? -1 : _table.IndexOf(name, start);
    }

    /// <summary>Appends a field.</summary>
    /// <param name="name">The name, a token (RFC 9110 5.1).</param>
    /// <param name="value">The value, without control bytes other than tab and without surrounding white space (RFC 9110 5.5). It may be empty.</param>
    /// <exception cref="LocalProtocolException">The name or the value is malformed. The list has not changed.</exception>
    /// <exception cref="InvalidOperationException">This object is a view of what was read.</exception>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_isView)
            throw new InvalidOperationException("The fields of a message that was read cannot be changed.");
        FieldRules.CheckOutgoing(name, value);

        var need = name.Length + value.Length + 4;
        if (_storage.Length - _used < need)
            Grow(need);
        var line = _storage.AsSpan(_used, need);
        name.CopyTo(line);
        line[name.Length] = (byte)':';
        line[name.Length + 1] = (byte)' ';
        value.CopyTo(line[(name.Length + 2)..]);
        line[^2] = (byte)'\r';
        line[^1] = (byte)'\n';
        _table.Add(_used, name.Length, _used + name.Length + 2, value.Length, KnownFields.Of(name));
        _used += need;
    }

    /// <summary>Appends a field whose value is a number, such as Content-Length.</summary>
    /// <param name="name">The name, a token.</param>
    /// <param name="value">The value; not negative.</param>
    /// <exception cref="LocalProtocolException">The name is malformed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">This object is a view of what was read.</exception>
    public void Add(ReadOnlySpan<byte> name, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Span<byte> digits = stackalloc byte[20];
        Add(name, digits[..Digits.Write(value, digits)]);
    }

    /// <summary>Appends a field given as text, with one byte per character.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="LocalProtocolException">The name or the value is malformed, or contains a character above U+00FF.</exception>
    /// <exception cref="InvalidOperationException">This object is a view of what was read.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        Add(Latin1Text.ToBytes(name), Latin1Text.ToBytes(value));
    }

    /// <summary>Removes all fields.</summary>
    /// <remarks>The storage is reused.</remarks>
    /// <exception cref="InvalidOperationException">This object is a view of what was read.</exception>
    public void Clear()
    {
        if (_isView)
            throw new InvalidOperationException("The fields of a message that was read cannot be changed.");
        _table.Clear();
        _used = 0;
    }

    /// <summary>Copies all fields as text.</summary>
    public IReadOnlyList<Http11Field> ToList()
    {
        var list = new Http11Field[Count];
        for (var i = 0; i < list.Length; i++)
            list[i] = new Http11Field(Encoding.Latin1.GetString(_table.NameAt(i)), Encoding.Latin1.GetString(_table.ValueAt(i)));
        return list;
    }

    private int Check(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
        return index;
    }

    private void Grow(int need)
    {
        Array.Resize(ref _storage, Math.Max(Math.Max(256, _storage.Length * 2), _used + need));
        _table.Bytes = _storage;
    }
}
