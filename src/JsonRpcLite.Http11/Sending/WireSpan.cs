namespace JsonRpcLite.Http11;

/// <summary>A span of output that is filled from its beginning.</summary>
internal ref struct WireSpan(Span<byte> room)
{
    private readonly Span<byte> _room = room;

    public int Written { get; private set; }

    public void Put(scoped ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_room[Written..]);
        Written += bytes.Length;
    }

    public void PutField(scoped ReadOnlySpan<byte> name, scoped ReadOnlySpan<byte> value)
    {
        Put(name);
        Put(": "u8);
        Put(value);
        Put("\r\n"u8);
    }

    public void PutStatus(int status)
    {
        _room[Written] = (byte)('0' + (status / 100));
        _room[Written + 1] = (byte)('0' + (status / 10 % 10));
        _room[Written + 2] = (byte)('0' + (status % 10));
        Written += 3;
    }

    public void PutHex(long value) => Written += Digits.WriteHex(value, _room[Written..]);
}
