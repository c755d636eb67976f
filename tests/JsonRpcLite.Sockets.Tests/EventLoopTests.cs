using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>An event loop alone: which events reach which connection, on which thread. Each connection's flow is an action of the test.</summary>
public sealed class EventLoopTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Socket _listening = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly List<IDisposable> _opened = [];
    private readonly List<Exception> _reported = [];
    private readonly LoopThreads _threads = new(spareTime: Patience);
    private readonly Watchdog _watchdog = new();
    private readonly EventLoop _loop;

    public EventLoopTests()
    {
        _listening.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listening.Listen();
        _opened.Add(_listening);
        _loop = new EventLoop(_threads, _watchdog, _reported.Add);
    }

    [LinuxFact]
    public async Task When_a_dispatch_blocks_the_rest_of_its_batch_continues_on_another_thread()
    {
        using var gate = new ManualResetEventSlim();
        var stuck = new TaskCompletionSource<Thread>();
        var others = new TaskCompletionSource<Thread>[3];
        Accept(_ =>
        {
            stuck.SetResult(Thread.CurrentThread);
            gate.Wait(Patience);
        });
        for (var i = 0; i < others.Length; i++)
        {
            var other = others[i] = new TaskCompletionSource<Thread>();
            Accept(_ => other.SetResult(Thread.CurrentThread));
        }

        // All are ready before a thread waits for events: they come in one batch.
        Start();

        var stuckThread = await stuck.Task.WaitAsync(Patience);
        foreach (var other in others)
            (await other.Task.WaitAsync(Patience)).Should().NotBeSameAs(stuckThread);
        stuckThread.Name.Should().Be("JsonRpcLite event loop");
        gate.Set();
    }

    [LinuxFact]
    public void A_thread_that_was_blocked_no_longer_drives_its_old_loop()
    {
        using var gate = new ManualResetEventSlim();
        var done = new CountdownEvent(2);
        Accept(_ =>
        {
            gate.Wait(Patience);
            done.Signal();
        });
        Accept(_ =>
        {
            // The loop has been handed over by now. The first dispatch ends during this one.
            gate.Set();
            SpinWait.SpinUntil(() => done.CurrentCount == 1, Patience);
            done.Signal();
        });
        Start();
        done.Wait(Patience).Should().BeTrue();

        // If two threads drove the loop now, the second of two connections would run beside the first, without a hand-over of the blocked loop.
        const int pairs = 8;
        var before = _loop.HandOvers;
        for (var i = 0; i < pairs; i++)
        {
            var first = new ManualResetEventSlim();
            var second = new ManualResetEventSlim();
            var ended = new CountdownEvent(2);
            Accept(_ =>
            {
                first.Set();
                second.Wait(Patience);
                ended.Signal();
            });
            first.Wait(Patience).Should().BeTrue();
            Accept(_ =>
            {
                second.Set();
                ended.Signal();
            });
            ended.Wait(Patience).Should().BeTrue();
        }

        (_loop.HandOvers - before).Should().BeGreaterThanOrEqualTo(pairs);
        _reported.Should().BeEmpty();
    }

    [LinuxFact]
    public async Task Events_of_a_closed_connection_do_not_reach_the_next_one_that_has_its_descriptor_and_its_slot()
    {
        var (closedBegan, nextBegan) = (0, 0);
        var begun = new TaskCompletionSource();
        LoopWire closed = null!;
        LoopWire next = null!;
        Connect();
        // Keeps the descriptor in use all the time: another thread of this process could get one that is free for a moment.
        var descriptor = _listening.Accept();
        Accept(_ =>
        {
            // The event of the second connection is in the same batch, after this one.
            closed.Dispose();
            NativeCalls.Replace(descriptor, Connect());
            next = MakeWire(descriptor, _ =>
            {
                nextBegan++;
                begun.SetResult();
            });
        });
        closed = MakeWire(new Socket(new SafeSocketHandle(descriptor.Handle, ownsHandle: false)), _ => closedBegan++);
        closed.Begin();
        var behind = new TaskCompletionSource<int>();
        Accept(_ => behind.SetResult(nextBegan));
        // Without the watchdog, which may find the first one slow, and let the others run before the next one is made.
        _threads.TryTake()!.Give(_loop);

        (await behind.Task.WaitAsync(Patience)).Should().Be(0, "the next one has had no event yet");
        next.Begin();
        await begun.Task.WaitAsync(Patience);

        ((uint)next.Key, next.Key == closed.Key).Should().Be(((uint)closed.Key, false));
        (closedBegan, nextBegan).Should().Be((0, 1));
        _reported.Should().BeEmpty();
    }

    [LinuxFact]
    public void Two_threads_with_the_first_events_of_a_connection_start_it_once()
    {
        // One thread has lost the loop while it dispatched the first event, and the other dispatches the second.
        const int count = 20_000;
        var begun = new int[count];
        LoopWire wire = null!;
        using var both = new Barrier(2);
        using var socket = Connect();
        var other = OwnThread.Run(() => Tell(EpollEvents.In));

        Tell(EpollEvents.Out);
        other.Wait(Patience).Should().BeTrue();

        begun.Should().OnlyContain(times => times == 1);

        bool Tell(EpollEvents events)
        {
            for (var i = 0; i < count; i++)
            {
                if (events == EpollEvents.Out)
                {
                    var n = i;
                    wire = new LoopWire(socket, _loop) { Flow = new Flow { Action = () => Interlocked.Increment(ref begun[n]) } };
                    _loop.Wires.Remove(wire);
                }
                both.SignalAndWait(Patience).Should().BeTrue();
                wire.OnEvents(events);
                both.SignalAndWait(Patience).Should().BeTrue();
            }
            return true;
        }
    }

    [LinuxFact]
    public async Task After_a_spurious_wake_up_nothing_is_read_and_the_next_wait_blocks()
    {
        var buffer = new byte[4];
        var waiting = new TaskCompletionSource<Task<int>>();
        LoopWire wire = null!;
        wire = Accept(w => _ = ReadAllAsync(w), out var peer);
        peer.Send("1234"u8);
        Start();

        var wait = await waiting.Task.WaitAsync(Patience);
        wait.IsCompleted.Should().BeFalse();
        // Stale: all available bytes have been read.
        wire.OnEvents(EpollEvents.In);
        (await wait.WaitAsync(Patience)).Should().Be(0);
        (await wire.TryReceiveAsync(buffer)).Should().Be(Wire.Nothing);
        wait = wire.WaitAsync().AsTask();
        wait.IsCompleted.Should().BeFalse();
        peer.Send("5"u8);

        (await wait.WaitAsync(Patience)).Should().Be(0);
        (await wire.TryReceiveAsync(buffer)).Should().Be(1);
        peer.Shutdown(SocketShutdown.Send);
        await wire.WaitAsync();
        (await wire.TryReceiveAsync(buffer)).Should().Be(0, "the end counts as readable");

        async Task ReadAllAsync(LoopWire wire)
        {
            // The buffer is full to the last byte, so that there may be more; but there is none.
            (await wire.ReceiveAsync(buffer)).Should().Be(4);
            await wire.WaitAsync();
            (await wire.TryReceiveAsync(buffer)).Should().Be(Wire.Nothing);
            waiting.SetResult(wire.WaitAsync().AsTask());
        }
    }

    [LinuxFact]
    public async Task A_connection_that_fails_does_not_stop_the_loop()
    {
        Accept(_ => throw new InvalidOperationException("meant"));
        var next = new TaskCompletionSource();
        Accept(_ => next.SetResult());

        Start();

        await next.Task.WaitAsync(Patience);
        _reported.Should().ContainSingle().Which.Message.Should().Be("meant");
    }

    [LinuxFact]
    public async Task An_event_between_a_failed_attempt_and_the_wait_is_not_missed()
    {
        // Both sides answer each other, and the wire waits on threads outside the loop: a side that misses one event waits for ever. Each answer has its own time-out, so that
        // a busy machine fails no test.
        const int count = 20_000;
        var answered = new TaskCompletionSource<int>();
        Accept(wire => _ = AnswerAsync(wire), out var peer);
        peer.ReceiveTimeout = (int)Patience.TotalMilliseconds;
        Start();

        await Task.Run(() =>
        {
            var buffer = new byte[1];
            for (var i = 0; i < count; i++)
            {
                peer.Send([1]);
                peer.Receive(buffer).Should().Be(1);
            }
            peer.Shutdown(SocketShutdown.Send);
        });

        (await answered.Task.WaitAsync(Patience)).Should().Be(count);

        async Task AnswerAsync(LoopWire wire)
        {
            var buffer = new byte[7];
            var all = 0;
            for (int received; (received = await wire.ReceiveAsync(buffer)) > 0; all += received)
            {
                await Task.Yield();
                await wire.SendAsync(new byte[received]);
            }
            answered.SetResult(all);
        }
    }

    [LinuxFact]
    public async Task The_end_of_a_peers_data_is_seen_after_its_last_bytes()
    {
        Start();
        for (var i = 0; i < 200; i++)
        {
            var end = new TaskCompletionSource<int>();
            var peer = Connect();
            var wire = MakeWire(_listening.Accept(), w => _ = ReadAllAsync(w, end));

            // Half of them before the first event, which then reports the bytes and their end at once.
            if (i % 2 == 0)
                wire.Begin();
            peer.Send(new byte[50]);
            peer.Shutdown(SocketShutdown.Send);
            if (i % 2 == 1)
                wire.Begin();

            (await end.Task.WaitAsync(Patience)).Should().Be(50);
        }

        static async Task ReadAllAsync(LoopWire wire, TaskCompletionSource<int> end)
        {
            try
            {
                var all = 0;
                for (int count; (count = await wire.ReceiveAsync(new byte[100])) > 0;)
                    all += count;
                end.SetResult(all);
            }
            catch (Exception e)
            {
                end.SetException(e);
            }
        }
    }

    [LinuxFact]
    public async Task A_connection_that_yields_is_dispatched_again_after_the_others_without_an_event()
    {
        var order = new List<string>();
        var done = new TaskCompletionSource<Thread>();
        // Both are ready before a thread waits for events.
        Accept(wire => _ = YieldAsync(wire));
        Accept(_ => order.Add("the other"));

        // Without the watchdog, which may find the first one slow, and let the other run beside it.
        _threads.TryTake()!.Give(_loop);

        (await done.Task.WaitAsync(Patience)).Name.Should().Be("JsonRpcLite event loop");
        order.Should().Equal("first", "the other", "second");

        async Task YieldAsync(LoopWire wire)
        {
            // No room to send, and nothing to read.
            var error = SocketError.Success;
            while (error == SocketError.Success)
                wire.Socket.Send(new byte[65536], SocketFlags.None, out error);
            order.Add("first");
            await wire.YieldAsync();
            order.Add("second");
            done.SetResult(Thread.CurrentThread);
        }
    }

    [LinuxFact]
    public async Task A_loop_that_has_ended_keeps_no_yield_waiting()
    {
        var wire = MakeWire(new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp), _ => { });
        _loop.Discard();

        var yielding = wire.YieldAsync();

        yielding.IsCompleted.Should().BeTrue();
        await yielding;
    }

    [LinuxFact]
    public async Task Closing_ends_a_yield()
    {
        var yielding = new TaskCompletionSource<Task>();
        using var gate = new ManualResetEventSlim();
        var wire = Accept(w =>
        {
            yielding.SetResult(w.YieldAsync().AsTask());
            // It is not dispatched: the loop's thread is here, and there is no watchdog to hand the loop over.
            gate.Wait(Patience);
        });
        _threads.TryTake()!.Give(_loop);
        var yielded = await yielding.Task.WaitAsync(Patience);
        yielded.IsCompleted.Should().BeFalse();

        wire.Dispose();

        await yielded.WaitAsync(Patience);
        gate.Set();
    }

    [LinuxFact]
    public void Dispatches_that_are_usually_slow_start_beside_the_loop_and_quick_ones_do_not()
    {
        Start();
        _loop.IsPromoting.Should().BeFalse();

        ShouldComeTo(isPromoting: true, () => Thread.Sleep(5));
        ShouldComeTo(isPromoting: false, () => { });

        void ShouldComeTo(bool isPromoting, Action dispatch)
        {
            // It learns by the ticks of its watchdog, not by the number of dispatches.
            for (var began = Stopwatch.GetTimestamp(); _loop.IsPromoting != isPromoting && Stopwatch.GetElapsedTime(began) < Patience;)
            {
                using var done = new ManualResetEventSlim();
                Accept(_ =>
                {
                    dispatch();
                    done.Set();
                });
                done.Wait(Patience).Should().BeTrue();
            }
            _loop.IsPromoting.Should().Be(isPromoting);
        }
    }

    [LinuxFact]
    public async Task Closing_ends_whatever_waits()
    {
        var receiving = new TaskCompletionSource<Exception>();
        var sending = new TaskCompletionSource<Exception>();
        var wire = Accept(w =>
        {
            _ = FailAsync(receiving, async () => await w.ReceiveAsync(new byte[1]));
            _ = FailAsync(sending, async () =>
            {
                while (true)
                    await w.SendAsync(new byte[100_000]);
            });
        });
        Start();
        // It waits for room to send as soon as the buffers of a peer that reads nothing are full; closing ends it in either case.
        var other = new TaskCompletionSource();
        Accept(_ => other.SetResult());
        await other.Task.WaitAsync(Patience);

        wire.Dispose();

        (await receiving.Task.WaitAsync(Patience)).Should().Match(e => e is ObjectDisposedException || e is SocketException);
        (await sending.Task.WaitAsync(Patience)).Should().Match(e => e is ObjectDisposedException || e is SocketException);

        static async Task FailAsync(TaskCompletionSource<Exception> failed, Func<Task> action)
        {
            try
            {
                await action();
            }
            catch (Exception e)
            {
                failed.SetResult(e);
            }
        }
    }

    public void Dispose()
    {
        _opened.ForEach(s => s.Dispose());
        _loop.BeginToEnd();
        _threads.BeginToEnd();
        _watchdog.BeginToEnd();
    }

    private void Start()
    {
        _watchdog.Start([_loop]);
        _threads.TryTake()!.Give(_loop);
    }

    private Socket Connect()
    {
        var peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        _opened.Add(peer);
        peer.Connect(_listening.LocalEndPoint!);
        return peer;
    }

    private LoopWire Accept(Action<LoopWire> flow) => Accept(flow, out _);

    private LoopWire Accept(Action<LoopWire> flow, out Socket peer)
    {
        peer = Connect();
        var wire = MakeWire(_listening.Accept(), flow);
        wire.Begin();
        return wire;
    }

    private LoopWire MakeWire(Socket socket, Action<LoopWire> flow)
    {
        var begin = new Flow();
        var wire = new LoopWire(socket, _loop) { Flow = begin };
        _opened.Add(wire);
        begin.Action = () => flow(wire);
        return wire;
    }

    private sealed class Flow : IThreadPoolWorkItem
    {
        public Action Action { get; set; } = null!;

        public void Execute() => Action();
    }
}
