using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>
/// Waits for the events of many connections, and lets each connection go on with what its event allows, function included, on the one thread that drives the loop at the time.
/// </summary>
/// <remarks>
/// A function may block; the loop must not. So the loop belongs to no thread: <see cref="_dispatch"/> tells whether its driver is inside of a connection's turn, and the
/// <see cref="Watchdog"/>, which finds the same turn twice, moves it on by compare-and-swap and gives the loop, with the rest of its batch, to a spare thread. The one that was
/// stuck finds that out when its turn ends, and touches nothing of the loop again. To lose the loop without being stuck (the system had no time for the thread) does no harm.
/// </remarks>
internal sealed class EventLoop
{
    /// <summary>No connection's.</summary>
    private const ulong WakeUpKey = 0;

    private readonly LoopThreads _threads;
    private readonly Watchdog _watchdog;
    private readonly Action<Exception> _report;
    private readonly Epoll _epoll = Epoll.Create();
    private readonly EpollBatch _batch = new();

    /// <summary>It can be written to at any time, so that asking for its events wakes the loop.</summary>
    private readonly Socket _wakeUp;

    /// <summary>Those that have yielded.</summary>
    private readonly ConcurrentQueue<LoopWire> _queue = [];

    /// <summary>How many of them have their turn before the rest of the batch.</summary>
    private int _due;

    /// <summary>Odd while a connection has its turn; another number each time.</summary>
    private long _dispatch;

    /// <summary>What the watchdog found last.</summary>
    private long _dispatchSeen;

    private readonly SlowDispatches _slowDispatches = new();
    private volatile bool _isPromoting;
    private volatile bool _isEnding;

    /// <exception cref="Win32Exception">The system has no more of what it takes.</exception>
    /// <exception cref="SocketException">The same.</exception>
    public EventLoop(LoopThreads threads, Watchdog watchdog, Action<Exception> report)
    {
        (_threads, _watchdog, _report) = (threads, watchdog, report);
        try
        {
            _wakeUp = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // Now: at the end there may be no room for it.
            _epoll.Add(_wakeUp, WakeUpKey);
        }
        catch
        {
            _wakeUp?.Dispose();
            _epoll.Dispose();
            throw;
        }
    }

    public WireSlots Wires { get; } = new();

    /// <summary>How often a thread was found stuck, and lost the loop.</summary>
    public int HandOvers { get; private set; }

    /// <summary>Whether turns are so slow that each is begun by giving the loop away.</summary>
    public bool IsPromoting => _isPromoting;

    private bool IsDispatching => (Volatile.Read(ref _dispatch) & 1) != 0;

    public void Watch(LoopWire wire) => _epoll.Add(wire.Socket, wire.Key);

    /// <summary>Gives a wire a turn, behind those that are there now. <c>false</c>: the loop has ended, and gives nobody a turn.</summary>
    public bool TryQueue(LoopWire wire)
    {
        _queue.Enqueue(wire);
        return TryWakeUp();
    }

    /// <summary>Drives the loop until it ends or is lost to another thread.</summary>
    public void Drive()
    {
        while (!_isEnding)
        {
            if (!TryNext(out var wire, out var events))
                continue;
            if (_isPromoting && _threads.TryTake() is { } next)
            {
                DispatchBeside(next, wire, events);
                return;
            }
            // Where the watchdog looks for it, before the question whether it is looking.
            var dispatch = Interlocked.Increment(ref _dispatch);
            _watchdog.Wake();
            Dispatch(wire, events);
            if (Interlocked.CompareExchange(ref _dispatch, dispatch + 1, dispatch) != dispatch)
                return;
        }
        _wakeUp.Dispose();
    }

    /// <summary>For the watchdog, at each of its ticks: takes the loop from a thread that is stuck. Says whether anything has happened since the last time.</summary>
    public bool Look()
    {
        var dispatch = Volatile.Read(ref _dispatch);
        if (dispatch != _dispatchSeen)
        {
            _dispatchSeen = dispatch;
            return true;
        }
        if (!IsDispatching || _threads.TryTake() is not { } next)
            return IsDispatching;
        if (Interlocked.CompareExchange(ref _dispatch, dispatch + 1, dispatch) == dispatch)
        {
            HandOvers++;
            _slowDispatches.Add();
            next.Give(this);
        }
        else
        {
            _threads.PutBack(next);
        }
        return true;
    }

    /// <summary>For the watchdog before it goes to sleep.</summary>
    public bool IsQuiet() => Volatile.Read(ref _dispatch) == _dispatchSeen && !IsDispatching;

    /// <summary>For the watchdog, now and then: turns that are slow as a rule get a thread each from the beginning, and do not wait to be found.</summary>
    public void Learn() => _isPromoting = _slowDispatches.AreTheRule(Volatile.Read(ref _dispatch) / 2);

    /// <summary>Ends the loop; its connections must have been closed.</summary>
    public void BeginToEnd()
    {
        _isEnding = true;
        TryWakeUp();
        // Takes effect when nobody waits there any more. The bell is left to the driver: closed now, it might not wake it.
        _epoll.Dispose();
    }

    /// <summary>Ends a loop that nobody has ever driven.</summary>
    public void Discard()
    {
        _epoll.Dispose();
        _wakeUp.Dispose();
    }

    private bool TryWakeUp()
    {
        try
        {
            _epoll.Rearm(_wakeUp, WakeUpKey);
            return true;
        }
        catch (ObjectDisposedException)
        {
            // The loop has ended, or its driver has seen that it is to end.
            return false;
        }
    }

    /// <summary>The next turn; waits for one when there is none. <c>false</c>: look again.</summary>
    private bool TryNext([NotNullWhen(true)] out LoopWire? wire, out EpollEvents events)
    {
        events = EpollEvents.None;
        if (_due > 0)
        {
            _due--;
            return _queue.TryDequeue(out wire);
        }
        wire = null;
        if (_batch.IsEmpty)
        {
            TryWait();
            return false;
        }
        (events, var key) = _batch.Next();
        if (key == WakeUpKey)
            _due = _queue.Count;
        else
            wire = Wires.Find(key);
        return wire is not null;
    }

    private void TryWait()
    {
        try
        {
            _epoll.Wait(_batch);
        }
        catch (ObjectDisposedException) when (_isEnding)
        {
            // It ended before anybody waited.
        }
    }

    private void Dispatch(LoopWire wire, EpollEvents events)
    {
        try
        {
            if (events == EpollEvents.None)
                wire.OnDispatch();
            else
                wire.OnEvents(events);
        }
        catch (Exception e)
        {
            // Whatever is wrong with one connection, the loop is there for the others.
            wire.Dispose();
            _report(e);
        }
        SpareThread.Restore();
    }

    /// <summary>A turn beside the loop, which another thread drives from here on.</summary>
    private void DispatchBeside(SpareThread next, LoopWire wire, EpollEvents events)
    {
        Volatile.Write(ref _dispatch, _dispatch + 2);
        _watchdog.Wake();
        var began = _watchdog.Ticks;
        next.Give(this);
        Dispatch(wire, events);
        if (_watchdog.Ticks - began > 1)
            _slowDispatches.Add();
    }
}
