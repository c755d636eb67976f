using System.Diagnostics.CodeAnalysis;

namespace JsonRpcLite;

/// <summary>The idle connections to one end point, used either by blocking or by asynchronous calls.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class ConnectionPool(TimeProvider clock, TimeSpan idleTime, TimeSpan lifetime)
{
    private readonly Lock _lock = new();

    /// <summary>Used as a stack: the connection that was used last is taken first, so that the others can expire and be closed.</summary>
    private readonly List<ClientConnection> _idle = [];
    private bool _isClosed;

    /// <summary>Takes a usable connection, and closes those that it finds expired or closed by the server.</summary>
    public bool TryTake([NotNullWhen(true)] out ClientConnection? connection)
    {
        while (TryPop(out connection))
        {
            if (!IsExpired(connection) && !connection.IsStale())
                return true;
            connection.Close();
        }
        return false;
    }

    public void Return(ClientConnection connection)
    {
        connection.IsReused = true;
        connection.IdleSince = clock.GetTimestamp();
        lock (_lock)
        {
            if (!_isClosed)
            {
                _idle.Add(connection);
                return;
            }
        }
        connection.Close();
    }

    /// <summary>Closes the expired connections.</summary>
    public void CloseExpired()
    {
        List<ClientConnection> expired;
        lock (_lock)
        {
            expired = _idle.FindAll(IsExpired);
            _idle.RemoveAll(expired.Contains);
        }
        expired.ForEach(c => c.Close());
    }

    /// <summary>Closes all connections, and from now on each one that is returned.</summary>
    public void Close()
    {
        lock (_lock)
            _isClosed = true;
        while (TryPop(out var connection))
            connection.Close();
    }

    private bool TryPop([NotNullWhen(true)] out ClientConnection? connection)
    {
        lock (_lock)
        {
            connection = _idle.Count == 0 ? null : _idle[^1];
            if (connection is not null)
                _idle.RemoveAt(_idle.Count - 1);
            return connection is not null;
        }
    }

    private bool IsExpired(ClientConnection connection)
    {
        var now = clock.GetTimestamp();
        return clock.GetElapsedTime(connection.IdleSince, now) >= idleTime || clock.GetElapsedTime(connection.MadeAt, now) >= lifetime;
    }
}
