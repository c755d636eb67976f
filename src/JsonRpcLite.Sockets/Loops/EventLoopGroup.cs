using System.ComponentModel;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>The event loops of a transport, which share its connections.</summary>
/// <remarks>Thread-safe.</remarks>
internal sealed class EventLoopGroup : IDisposable
{
    private readonly EventLoop[] _loops;
    private uint _next;

    private EventLoopGroup(int count, TimeSpan spareTime, Action<Exception> report)
    {
        Threads = new LoopThreads(spareTime);
        _loops = new EventLoop[count];
        var made = 0;
        try
        {
            for (; made < count; made++)
                _loops[made] = new EventLoop(Threads, Watchdog, report);
        }
        catch
        {
            foreach (var loop in _loops.AsSpan(0, made))
                loop.Discard();
            throw;
        }
    }

    /// <summary>The loops that all clients of the process share, which never end; <c>null</c> if the system supports none.</summary>
    public static EventLoopGroup? ForClients => Clients.Value;

    private static readonly Lazy<EventLoopGroup?> Clients = new(StartForClients);

    /// <summary>The maximum number of loops in a group.</summary>
    public const int MaxCount = 64;

    /// <summary>The default number of loops of a server: one for each core.</summary>
    /// <remarks>
    /// A loop keeps at most one core busy, and functions run on it: with fewer loops, cores would be idle while calls wait, and more loops would only compete for the cores. On
    /// two cores, including the load generator, two loops served 17 % more calls over 64 connections than one, for the same CPU per call.
    /// </remarks>
    public static int DefaultCount => Math.Min(Environment.ProcessorCount, MaxCount);

    /// <summary>The number of loops for clients, which do little more than hand over replies: fewer loops wake up less often.</summary>
    private static int CountForClients => Math.Clamp(Environment.ProcessorCount / 2, 1, 8);

    public LoopThreads Threads { get; }

    public Watchdog Watchdog { get; } = new();

    /// <summary>The number of times that a stuck thread has lost its loop.</summary>
    public int HandOvers => _loops.Sum(l => l.HandOvers);

    /// <summary>Starts the loops; <c>null</c> if <paramref name="count"/> is 0 or the system is not Linux.</summary>
    /// <exception cref="IOException">The system has run out of file descriptors, memory or threads.</exception>
    public static EventLoopGroup? Start(int count, TimeSpan spareTime, Action<Exception> report)
    {
        if (count == 0 || !OperatingSystem.IsLinux())
            return null;
        try
        {
            var loops = new EventLoopGroup(count, spareTime, report);
            loops.Start();
            return loops;
        }
        catch (Exception e) when (e is Win32Exception or ThreadStartException or OutOfMemoryException)
        {
            throw new IOException($"Cannot create {count} event loops: out of file descriptors or memory. {Sentence.Of(e.Message)}", e);
        }
    }

    /// <summary>Assigns a socket to one of the loops.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="busyPollTime">See <see cref="LoopWire.BusyPollTime"/>.</param>
    public LoopWire Take(Socket socket, TimeSpan busyPollTime = default) =>
        new(socket, _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length]) { BusyPollTime = busyPollTime };

    /// <summary>Ends the loops and their threads.</summary>
    /// <remarks>The connections must have been closed. A stuck thread ends when its function returns.</remarks>
    public void Dispose()
    {
        foreach (var loop in _loops)
            loop.BeginToEnd();
        Threads.BeginToEnd();
        Watchdog.BeginToEnd();
    }

    private void Start()
    {
        Watchdog.Start(_loops);
        for (var i = 0; i < _loops.Length; i++)
        {
            if (Threads.TryTake() is { } thread)
            {
                thread.Give(_loops[i]);
                continue;
            }
            foreach (var loop in _loops.AsSpan(i))
                loop.Discard();
            Dispose();
            throw new IOException("Cannot start an event loop: the system has no more threads. Raise its limit, or lower SocketTransport.EventLoops.");
        }
    }

    private static EventLoopGroup? StartForClients()
    {
        try
        {
            // The caller of a failed call gets the exception, so that there is nothing to report here.
            return Start(CountForClients, TimeSpan.FromSeconds(10), static _ => { });
        }
        catch (IOException)
        {
            return null;
        }
    }
}
