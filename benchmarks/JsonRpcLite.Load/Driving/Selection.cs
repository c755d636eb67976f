using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>The implementation for every platform, which checks all sockets each time.</summary>
internal sealed class Selection : Readiness
{
    private readonly Dictionary<Socket, int> _slots = [];
    private readonly List<Socket> _ready = [];

    public override void Add(Socket socket, int slot) => _slots.Add(socket, slot);

    public override void Remove(Socket socket, int slot) => _slots.Remove(socket);

    public override int Wait(Span<int> slots, TimeSpan atMost)
    {
        _ready.Clear();
        _ready.AddRange(_slots.Keys);
        Socket.Select(_ready, null, null, atMost);
        var count = Math.Min(_ready.Count, slots.Length);
        for (var i = 0; i < count; i++)
            slots[i] = _slots[_ready[i]];
        return count;
    }

    public override void Dispose()
    {
        // There is nothing to dispose.
    }
}
