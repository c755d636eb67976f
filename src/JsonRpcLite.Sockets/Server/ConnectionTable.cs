namespace JsonRpcLite;

/// <summary>All open connections of a transport.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ConnectionTable
{
    /// <summary>The number of connections beyond the limit that get a reply.</summary>
    /// <remarks>Further ones are only closed.</remarks>
    private const int MaxRefused = 64;

    /// <summary>The same for one address beyond its own limit, so that one address cannot use up the replies of the others.</summary>
    private const int MaxRefusedPerAddress = 4;

    private readonly Lock _lock = new();
    private readonly List<ServerConnection> _connections = [];

    /// <summary>The number of connections of each address; empty if addresses have no limit.</summary>
    private readonly Dictionary<PeerNetwork, AddressCount> _addresses = [];
    private readonly TaskCompletionSource _emptied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _allReplied = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _refused;
    private volatile bool _isStopping;

    /// <summary>Set while many connections are closed, so that not each of them checks whether it was the last.</summary>
    private volatile bool _isClosingMany;

    /// <summary>Whether the server is stopping.</summary>
    /// <remarks>Then no connection may begin another request.</remarks>
    public bool IsStopping => _isStopping;

    /// <summary>Completes, after <see cref="EndIdle"/>, when the last connection is closed.</summary>
    public Task Emptied => _emptied.Task;

    public int Count
    {
        get
        {
            lock (_lock)
                return _connections.Count;
        }
    }

    /// <summary>The number of connections that hold the buffers of a request in progress.</summary>
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
            // The last connection moves into the gap, so that closing takes the same time however many are open.
            var last = _connections[^1];
            _connections[connection.Index] = last;
            last.Index = connection.Index;
            _connections.RemoveAt(_connections.Count - 1);
            connection.Index = -1;
        }
        OnReplied();
    }

    /// <summary>Called when a reply was sent or a connection was closed.</summary>
    /// <remarks>It matters only during the shutdown.</remarks>
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

    /// <summary>Admits no more connections, and closes those without a complete request head.</summary>
    /// <returns>A task that completes when all other connections have sent their replies.</returns>
    public Task EndIdle()
    {
        lock (_lock)
            _isStopping = true;
        CloseMany(static connection => connection.EndUnlessReplying());
        return _allReplied.Task;
    }

    public void CloseAll() => CloseMany(static connection => connection.Close());

    /// <summary>Calls an action for each connection, outside of the lock because the action may remove the connection.</summary>
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

/// <summary>The decision on a new connection.</summary>
internal enum Admission
{
    Granted,

    /// <summary>There are too many connections.</summary>
    /// <remarks>This one gets a reply.</remarks>
    Full,

    /// <summary>The address has too many connections.</summary>
    /// <remarks>This one gets a reply.</remarks>
    FullOfAddress,

    /// <summary>There are far too many connections, or the server is stopping.</summary>
    /// <remarks>This one gets no reply.</remarks>
    Denied,
}
