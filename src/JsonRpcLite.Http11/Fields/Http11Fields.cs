using System.Text;

namespace JsonRpcLite.Http11;

/// <summary>
/// The fields of a message in their order, as bytes. Two uses: <see cref="Http11Connection.Fields"/> and
/// <see cref="Http11Connection.Trailers"/> are live views of what was read; and a list that the caller makes, fills with
/// <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/>, sends, and may clear and use again, which allocates nothing once its storage
/// has grown. Not thread-safe.
/// </summary>
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

    /// <summary>How many field lines there are. Fields that occur twice count twice.</summary>
    public int Count => _isView && !_table.IsWhole ? 0 : _table.Count;

    internal FieldTable Table => _table;

    /// <summary>Whether the bytes are the caller's own, checked when they were added and laid out as they go on the wire.</summary>
    internal ReadOnlySpan<byte> WireBlock => _isView ? default : _storage.AsSpan(0, _used);

    internal bool IsView => _isView;

    /// <summary>The name of a field in the case it was written in.</summary>
    /// <param name="index">The field's place, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such field.</exception>
    public ReadOnlySpan<byte> NameAt(int index) => _table.NameAt(Check(index));

    /// <summary>The value of a field, without outer white space.</summary>
    /// <param name="index">The field's place, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such field.</exception>
    public ReadOnlySpan<byte> ValueAt(int index) => _table.ValueAt(Check(index));

    /// <summary>Finds the first field of a name, without allocating.</summary>
    /// <param name="name">The name in ASCII, in any case (RFC 9110 5.1).</param>
    /// <param name="value">Its value, valid as long as this view.</param>
    /// <returns>Whether there is one.</returns>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        var index = IndexOf(name);
        value = index < 0 ? default : _table.ValueAt(index);
        return index >= 0;
    }

    /// <summary>The place of the next field of a name, or -1.</summary>
    /// <param name="name">The name in ASCII, in any case.</param>
    /// <param name="start">Where to begin; 0 by default.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="start"/> is negative.</exception>
    public int IndexOf(ReadOnlySpan<byte> name, int start = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        return Count == 0 ? -1 : _table.IndexOf(name, start);
    }

    /// <summary>Adds a field behind the others.</summary>
    /// <param name="name">The name, a token (RFC 9110 5.1).</param>
    /// <param name="value">The value: no control byte but tab, no outer white space (RFC 9110 5.5). It may be empty.</param>
    /// <exception cref="LocalProtocolException">Name or value is malformed; the list is as it was.</exception>
    /// <exception cref="InvalidOperationException">This is a view of what was read.</exception>
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

    /// <summary>Adds a field whose value is a number, such as Content-Length.</summary>
    /// <param name="name">The name, a token.</param>
    /// <param name="value">The value; not negative.</param>
    /// <exception cref="LocalProtocolException">The name is malformed.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="value"/> is negative.</exception>
    /// <exception cref="InvalidOperationException">This is a view of what was read.</exception>
    public void Add(ReadOnlySpan<byte> name, long value)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(value);
        Span<byte> digits = stackalloc byte[20];
        Add(name, digits[..Digits.Write(value, digits)]);
    }

    /// <summary>Adds a field given as text, a byte a character.</summary>
    /// <param name="name">The name.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="LocalProtocolException">Name or value is malformed, or holds a character above U+00FF.</exception>
    /// <exception cref="InvalidOperationException">This is a view of what was read.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        Add(Latin1Text.ToBytes(name), Latin1Text.ToBytes(value));
    }

    /// <summary>Takes all fields out; the storage stays for the next ones.</summary>
    /// <exception cref="InvalidOperationException">This is a view of what was read.</exception>
    public void Clear()
    {
        if (_isView)
            throw new InvalidOperationException("The fields of a message that was read cannot be changed.");
        _table.Clear();
        _used = 0;
    }

    /// <summary>An owned copy of all fields as text.</summary>
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
