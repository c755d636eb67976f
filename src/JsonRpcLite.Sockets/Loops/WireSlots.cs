namespace JsonRpcLite;

/// <summary>
/// Which wire an event is for. The system remembers a key of slot and generation, never a descriptor, which it gives to another connection while events of the
/// last one are still on their way. <see cref="Find"/> is for the loop, the others for any thread.
/// </summary>
internal sealed class WireSlots
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = [];
    private volatile LoopWire?[] _wires = new LoopWire?[64];
    private int _used;
    private uint _generation;

    /// <summary>A key that no other wire of this loop has had for four billion wires.</summary>
    public ulong Add(LoopWire wire)
    {
        lock (_lock)
        {
            if (!_free.TryPop(out var slot))
                slot = _used++;
            var wires = _wires;
            if (slot == wires.Length)
                Array.Resize(ref wires, 2 * wires.Length);
            wires[slot] = wire;
            _wires = wires;
            return (ulong)++_generation << 32 | (uint)slot;
        }
    }

    public LoopWire? Find(ulong key) => _wires[(int)(uint)key] is { } wire && wire.Key == key ? wire : null;

    /// <summary>Any number of times.</summary>
    public void Remove(LoopWire wire)
    {
        lock (_lock)
        {
            var slot = (int)(uint)wire.Key;
            if (_wires[slot] != wire)
                return;
            _wires[slot] = null;
            _free.Push(slot);
        }
    }
}
