namespace JsonRpcLite;

/// <summary>Maps the keys of events to wires.</summary>
/// <remarks>
/// A key consists of a slot and a generation. A descriptor would not do: the system reuses it for another connection while events of the previous one are still pending.
/// <see cref="Find"/> is for the loop, the other members for any thread.
/// </remarks>
internal sealed class WireSlots
{
    private readonly Lock _lock = new();
    private readonly Stack<int> _free = [];
    private volatile LoopWire?[] _wires = new LoopWire?[64];
    private int _used;
    private uint _generation;

    /// <summary>Adds a wire, and returns a key that no other of the loop's last four billion wires has had.</summary>
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

    /// <summary>Removes a wire.</summary>
    /// <remarks>It may be called any number of times.</remarks>
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
