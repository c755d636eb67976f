namespace JsonRpcLite.Http11;

/// <summary>The fields of a message, as offsets into bytes that another object owns.</summary>
/// <remarks>It also registers the fields that the engine must understand. Values that were folded over several lines are joined in a separate buffer.</remarks>
internal sealed class FieldTable
{
    private const int FirstEntries = 16;

    private readonly int[] _first = new int[KnownFields.Count];
    private Entry[] _entries = [];
    private ReadOnlyMemory<byte> _bytes;
    private byte[] _unfolded = [];
    private int _unfoldedUsed;
    private uint _seen;
    private uint _repeated;

    /// <summary>The bytes that the offsets refer to.</summary>
    /// <remarks>Setting them marks the table as complete.</remarks>
    public ReadOnlyMemory<byte> Bytes
    {
        get => _bytes;
        set
        {
            _bytes = value;
            IsWhole = true;
        }
    }

    /// <summary>Whether the bytes belong to the fields; <c>false</c> while a section is being read.</summary>
    public bool IsWhole { get; private set; }

    public int Count { get; private set; }

    public void Clear()
    {
        Count = 0;
        IsWhole = false;
        _seen = 0;
        _repeated = 0;
        _unfoldedUsed = 0;
    }

    /// <summary>Clears the table and releases the bytes.</summary>
    public void Forget()
    {
        Clear();
        _bytes = default;
    }

    public void Add(int nameStart, int nameLength, int valueStart, int valueLength, KnownField known)
    {
        var entries = _entries;
        var at = Count;
        if ((uint)at >= (uint)entries.Length)
            entries = Grow();
        ref var entry = ref entries[at];
        entry.NameStart = nameStart;
        entry.NameLength = nameLength;
        entry.ValueStart = valueStart;
        entry.ValueLength = valueLength;
        entry.Known = known;
        entry.IsUnfolded = false;
        Count = at + 1;
        if (known != KnownField.Other)
            Register(known, at);
    }

    /// <summary>Whether there is a field of the kind.</summary>
    public bool Has(KnownField known) => (_seen & (1u << (int)known)) != 0;

    /// <summary>Whether there is more than one field of the kind.</summary>
    public bool HasMany(KnownField known) => (_repeated & (1u << (int)known)) != 0;

    /// <summary>The index of the first field of the kind, which must exist.</summary>
    public int First(KnownField known) => _first[(int)known];

    public KnownField KnownAt(int index) => _entries[index].Known;

    public ReadOnlySpan<byte> NameAt(int index)
    {
        ref var entry = ref _entries[index];
        return Bytes.Span.Slice(entry.NameStart, entry.NameLength);
    }

    public ReadOnlySpan<byte> ValueAt(int index) => ValueAt(index, Bytes.Span);

    /// <summary>Gets a value while the bytes are only available as a span.</summary>
    public ReadOnlySpan<byte> ValueAt(int index, ReadOnlySpan<byte> bytes)
    {
        ref var entry = ref _entries[index];
        return entry.IsUnfolded ? _unfolded.AsSpan(entry.ValueStart, entry.ValueLength) : bytes.Slice(entry.ValueStart, entry.ValueLength);
    }

    public int IndexOf(ReadOnlySpan<byte> name, int start)
    {
        var bytes = Bytes.Span;
        for (var i = start; i < Count; i++)
        {
            ref var entry = ref _entries[i];
            if (entry.NameLength == name.Length && System.Text.Ascii.EqualsIgnoreCase(bytes.Slice(entry.NameStart, entry.NameLength), name))
                return i;
        }
        return -1;
    }

    /// <summary>Truncates a value.</summary>
    public void ShortenValue(int index, int length) => _entries[index].ValueLength = length;

    /// <summary>Removes all fields of the kind except the first.</summary>
    public void KeepFirst(KnownField known) => Keep(known, First(known) + 1);

    /// <summary>Removes all fields of the kind.</summary>
    public void Remove(KnownField known)
    {
        Keep(known, First(known));
        _seen &= ~(1u << (int)known);
    }

    private void Keep(KnownField known, int kept)
    {
        for (var i = kept; i < Count; i++)
            if (_entries[i].Known != known)
                _entries[kept++] = _entries[i];
        Count = kept;
        _repeated &= ~(1u << (int)known);
        for (var i = Count - 1; i >= 0; i--)
            _first[(int)_entries[i].Known] = i;
    }

    /// <summary>Appends a continuation line to the last value, with one space for the fold (RFC 9112 5.2).</summary>
    /// <remarks>
    /// The last value is moved out of the bytes only once, and each further line is appended to it, so that any number of folds costs no more than their bytes.
    /// </remarks>
    public void Unfold(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> continuation)
    {
        ref var last = ref _entries[Count - 1];
        var room = _unfoldedUsed + last.ValueLength + continuation.Length + 1;
        if (_unfolded.Length < room)
            Array.Resize(ref _unfolded, Math.Max(room, _unfolded.Length * 2));
        if (!last.IsUnfolded)
        {
            bytes.Slice(last.ValueStart, last.ValueLength).CopyTo(_unfolded.AsSpan(_unfoldedUsed));
            last.ValueStart = _unfoldedUsed;
            last.IsUnfolded = true;
            _unfoldedUsed += last.ValueLength;
        }
        if (continuation.IsEmpty)
            return;
        if (last.ValueLength > 0)
        {
            _unfolded[_unfoldedUsed++] = (byte)' ';
            last.ValueLength++;
        }
        continuation.CopyTo(_unfolded.AsSpan(_unfoldedUsed));
        _unfoldedUsed += continuation.Length;
        last.ValueLength += continuation.Length;
    }

    private void Register(KnownField known, int index)
    {
        var bit = 1u << (int)known;
        if ((_seen & bit) != 0)
        {
            _repeated |= bit;
            return;
        }
        _seen |= bit;
        _first[(int)known] = index;
    }

    private Entry[] Grow()
    {
        Array.Resize(ref _entries, Math.Max(FirstEntries, _entries.Length * 2));
        return _entries;
    }

    private struct Entry
    {
        public int NameStart;
        public int NameLength;
        public int ValueStart;
        public int ValueLength;
        public KnownField Known;
        public bool IsUnfolded;
    }
}
