using System.Collections.Concurrent;
using System.ComponentModel;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Waits for the events of many connections, and dispatches each event on the one thread that currently drives the loop.</summary>
/// <remarks>
/// A dispatch runs the user's function, too. A function may block; the loop must not. So no thread owns the loop. <see cref="_dispatch"/> records whether the driver is inside a
/// dispatch. When the <see cref="Watchdog"/> finds the same dispatch twice, it advances the field by compare-and-swap, and hands the loop, with the rest of its batch, to a spare
/// thread. When the dispatch of the stuck thread ends, the thread's own compare-and-swap fails, and it no longer touches the loop. A thread that was not stuck, but only not
/// scheduled by the system, loses the loop without harm.
/// </remarks>
internal sealed class EventLoop
{
    /// <summary>A key that no connection uses.</summary>
    private const ulong WakeUpKey = 0;

    private readonly LoopThreads _threads;
    private readonly Watchdog _watchdog;
    private readonly Action<Exception> _report;
    private readonly Epoll _epoll = Epoll.Create();
    private readonly EpollBatch _batch = new();
    private readonly BusyPoll _busyPoll = new();

    /// <summary>An always writable socket: rearming it in epoll produces an event, which wakes up the loop.</summary>
    private readonly Socket _wakeUp;

    /// <summary>The wires that have yielded.</summary>
    private readonly ConcurrentQueue<LoopWire> _queue = [];

    /// <summary>The number of queued wires to dispatch before the rest of the batch.</summary>
    private int _due;

    /// <summary>The dispatch counter: odd during a dispatch, even between two of them.</summary>
    private long _dispatch;

    /// <summary>The value of <see cref="_dispatch"/> that the watchdog has read last.</summary>
    private long _dispatchSeen;

    private readonly SlowDispatches _slowDispatches = new();
    private volatile bool _isPromoting;
    private volatile bool _isEnding;

    /// <exception cref="Win32Exception">The system has run out of file descriptors or memory.</exception>
    /// <exception cref="SocketException">The system has run out of file descriptors or memory.</exception>
    public EventLoop(LoopThreads threads, Watchdog watchdog, Action<Exception> report)
    {
        (_threads, _watchdog, _report) = (threads, watchdog, report);
        try
        {
            _wakeUp = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            // Added now, since the system might refuse to add it when the loop ends.
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

    /// <summary>The number of times that a stuck thread has lost the loop.</summary>
    public int HandOvers { get; private set; }

    /// <summary>Whether dispatches are usually so slow that the driver hands the loop over before each one.</summary>
    public bool IsPromoting => _isPromoting;

    private bool IsDispatching => (Volatile.Read(ref _dispatch) & 1) != 0;

    public void Watch(LoopWire wire) => _epoll.Add(wire.Socket, wire.Key);

    /// <summary>Queues a dispatch of a wire, behind the events that are there already; <c>false</c> if the loop has ended.</summary>
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
            _busyPoll.OnInput(wire.Key, wire.BusyPollTime);
            if (_isPromoting && _threads.TryTake() is { } next)
            {
                DispatchBeside(next, wire, events);
                return;
            }
            // Against the watchdog's thread: this thread writes _dispatch and then reads Watchdog._isAsleep; that thread writes Watchdog._isAsleep and then reads _dispatch. So
            // either the watchdog sees the dispatch, or this thread wakes it up.
            var dispatch = Interlocked.Increment(ref _dispatch);
            _watchdog.Wake();
            Dispatch(wire, events);
            if (Interlocked.CompareExchange(ref _dispatch, dispatch + 1, dispatch) != dispatch)
                return;
        }
        _wakeUp.Dispose();
    }

    /// <summary>Takes the loop from a thread that is stuck.</summary>
    /// <remarks>The watchdog calls it at each tick.</remarks>
    /// <returns>Whether the loop is dispatching, or has dispatched since the last tick.</returns>
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

    /// <summary>Whether the loop has dispatched nothing since the last tick.</summary>
    /// <remarks>The watchdog calls it before it sleeps.</remarks>
    public bool IsQuiet() => Volatile.Read(ref _dispatch) == _dispatchSeen && !IsDispatching;

    /// <summary>Decides whether each dispatch gets its own thread from the start.</summary>
    /// <remarks>The watchdog calls it periodically. Dispatches that are usually slow then do not wait until the watchdog finds them.</remarks>
    public void Learn() => _isPromoting = _slowDispatches.AreTheRule(Volatile.Read(ref _dispatch) / 2);

    /// <summary>Ends the loop; its connections must have been closed.</summary>
    public void BeginToEnd()
    {
        _isEnding = true;
        TryWakeUp();
        // The handle is closed once no thread waits on it any more. The driver disposes _wakeUp: closing it here might not wake up the driver.
        _epoll.Dispose();
    }

    /// <summary>Disposes a loop that no thread has driven.</summary>
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
            // The loop has ended, or its driver has seen _isEnding.
            return false;
        }
    }

    /// <summary>Takes the next dispatch, or waits for events; <c>false</c> means that the caller must look again.</summary>
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
            if (!TryPoll())
                _epoll.Wait(_batch);
        }
        catch (ObjectDisposedException) when (_isEnding)
        {
            // The loop ended before its driver waited.
        }
    }

    /// <summary>Looks for events for a short time, if that is worthwhile; <c>false</c> if there are none.</summary>
    private bool TryPoll()
    {
        if (!_busyPoll.IsDue())
            return false;
        _epoll.Poll(_batch);
        if (!_batch.IsEmpty)
            return true;
        if (!_busyPoll.TryBegin())
            return false;
        try
        {
            while (_batch.IsEmpty && !_busyPoll.IsOver)
                _epoll.Poll(_batch);
        }
        finally
        {
            _busyPoll.End(hasFound: !_batch.IsEmpty);
        }
        return !_batch.IsEmpty;
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
            // A failure of one connection must not end the loop for the others.
            wire.Dispose();
            _report(e);
        }
        SpareThread.Restore();
    }

    /// <summary>Dispatches beside the loop, which another thread drives from now on.</summary>
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
