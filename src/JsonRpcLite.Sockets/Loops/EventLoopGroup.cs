using System.ComponentModel;
using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>The event loops of a transport, among which its connections are shared out. Thread-safe.</summary>
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

    /// <summary>The ones that all clients of the process share; they never end. <c>null</c> where there can be none.</summary>
    public static EventLoopGroup? ForClients => Clients.Value;

    private static readonly Lazy<EventLoopGroup?> Clients = new(StartForClients);

    /// <summary>As many loops as a group may have.</summary>
    public const int MaxCount = 64;

    /// <summary>
    /// For a server: one for each core. A loop keeps one core busy at most, and functions run there, so that fewer would leave cores to nobody while calls wait; more would only
    /// take turns on them. On two cores, load included, two loops served 17 % more calls over 64 connections than one, for the same CPU a call.
    /// </summary>
    public static int DefaultCount => Math.Min(Environment.ProcessorCount, MaxCount);

    /// <summary>For clients, whose loops do little but hand replies over: fewer loops wake up less often.</summary>
    private static int CountForClients => Math.Clamp(Environment.ProcessorCount / 2, 1, 8);

    public LoopThreads Threads { get; }

    public Watchdog Watchdog { get; } = new();

    /// <summary>How often a thread was found stuck, and lost its loop.</summary>
    public int HandOvers => _loops.Sum(l => l.HandOvers);

    /// <summary><c>null</c> where there can be none: <paramref name="count"/> is 0, or the system is not Linux.</summary>
    /// <exception cref="IOException">The system has no more descriptors or threads.</exception>
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

    /// <summary>Makes a connection one of a loop.</summary>
    public LoopWire Take(Socket socket) => new(socket, _loops[Interlocked.Increment(ref _next) % (uint)_loops.Length]);

    /// <summary>Ends the loops and their threads; the connections must have been closed. A thread that is stuck ends when its function does.</summary>
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
            throw new IOException("The system has no thread for an event loop.");
        }
    }

    private static EventLoopGroup? StartForClients()
    {
        try
        {
            // Whatever goes wrong with one of their calls, its caller hears of it.
            return Start(CountForClients, TimeSpan.FromSeconds(10), static _ => { });
        }
        catch (IOException)
        {
            return null;
        }
    }
}
