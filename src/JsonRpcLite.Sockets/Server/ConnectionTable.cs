namespace JsonRpcLite;

/// <summary>All open connections of a transport. Thread-safe.</summary>
internal sealed class ConnectionTable
{
    /// <summary>So many connections beyond the limit are told that there are too many; those beyond are only closed.</summary>
    private const int MaxRefused = 64;

    /// <summary>So many of one address beyond its own limit: one address must not take the answers that others would get.</summary>
    private const int MaxRefusedPerAddress = 4;

    private readonly Lock _lock = new();
    private readonly List<ServerConnection> _connections = [];

    /// <summary>The connections of each address; empty where addresses have no limit.</summary>
    private readonly Dictionary<PeerNetwork, AddressCount> _addresses = [];
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allReplied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _refused;
    private volatile bool _isStopping;

    /// <summary>While all are closed in one go, nobody asks after each whether it was the last.</summary>
    private volatile bool _isClosingMany;

    /// <summary>True once no connection may begin another request.</summary>
    public bool IsStopping => _isStopping;

    /// <summary>Ends, after <see cref="EndIdle"/>, when the last connection is closed.</summary>
    public Task Emptied => _emptied.Task;

    public int Count
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>How many hold the buffers of a request in progress.</summary>
    public int CountBusy()
    {
        lock (_lock)
            return _connections.Count(c => c.HoldsExchange);
    }

    public Admission Add(ServerConnection connection, ConnectionLimits limits)
    {
        var address = limits.MaxPerAddress == int.MaxValue ? null : PeerNetwork.Of(connection.RemoteEndPoint);
        lock (_lock)
        {
            var ofAddress = address is { } peer ? _addresses.GetValueOrDefault(peer) : default;
            var admission = _connections.Count - _refused >= limits.MaxConnections ? Admission.Full
                : ofAddress.Open >= limits.MaxPerAddress ? Admission.FullOfAddress
                : Admission.Granted;
            var isRefused = admission != Admission.Granted;
            if (_isStopping || isRefused && (_refused == MaxRefused || ofAddress.Refused == MaxRefusedPerAddress))
                return Admission.Denied;
            if (isRefused)
                _refused++;
            if (address is { } counted)
                _addresses[counted] = isRefused ? ofAddress with { Refused = ofAddress.Refused + 1 } : ofAddress with { Open = ofAddress.Open + 1 };
            connection.Network = address;
            connection.IsRefused = isRefused;
            connection.Index = _connections.Count;
            _connections.Add(connection);
            return admission;
        }
    }

    public void Remove(ServerConnection connection)
    {
        lock (_lock)
        {
            if (connection.Index < 0)
                return;
            if (connection.IsRefused)
                _refused--;
            if (connection.Network is { } address)
                Forget(address, connection.IsRefused);
            // The last one moves into the gap, so that closing costs the same however many are open.
            var last = _connections[^1];
            _connections[connection.Index] = last;
            last.Index = connection.Index;
            _connections.RemoveAt(_connections.Count - 1);
            connection.Index = -1;
        }
        OnReplied();
    }

    /// <summary>A reply has left, or a connection has ended: of interest only to somebody who waits for the last one.</summary>
    public void OnReplied()
    {
        if (!_isStopping || _isClosingMany)
            return;
        lock (_lock)
        {
            if (_connections.Count == 0)
                _emptied.TrySetResult();
            if (_connections.TrueForAll(c => !c.IsReplying))
                _allReplied.TrySetResult();
        }
    }

    /// <summary>Takes no more connections, and closes those that wait for a request or have not sent all of its head; the task ends when all others have their reply.</summary>
    public Task EndIdle()
    {
        lock (_lock)
            _isStopping = true;
        CloseMany(static connection => connection.EndUnlessReplying());
        return _allReplied.Task;
    }

    public void CloseAll() => CloseMany(static connection => connection.Close());

    /// <summary>Calls each connection, outside of the lock: what is done to a connection may remove it.</summary>
    public void ForEach(List<ServerConnection> scratch, Action<ServerConnection> action)
    {
        lock (_lock)
            scratch.AddRange(_connections);
        foreach (var connection in scratch)
            action(connection);
        scratch.Clear();
    }

    private void Forget(PeerNetwork address, bool isRefused)
    {
        var count = _addresses[address];
        count = isRefused ? count with { Refused = count.Refused - 1 } : count with { Open = count.Open - 1 };
        if (count == default)
            _addresses.Remove(address);
        else
            _addresses[address] = count;
    }

    private void CloseMany(Action<ServerConnection> close)
    {
        _isClosingMany = true;
        ForEach([], close);
        _isClosingMany = false;
        OnReplied();
    }

    private readonly record struct AddressCount(int Open, int Refused);
}

/// <summary>What becomes of a connection that knocks.</summary>
internal enum Admission
{
    Granted,

    /// <summary>There are too many; it is worth an answer.</summary>
    Full,

    /// <summary>The address has too many; it is worth an answer.</summary>
    FullOfAddress,

    /// <summary>There are far too many, or the server stops.</summary>
    Denied,
}
