using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Ensures that middleware which returns before its <c>next</c> has completed does not disturb other calls.</summary>
/// <remarks>
/// <para>The objects that <c>next</c> uses are pooled, and must not serve another call before it has completed.</para>
/// <para><c>next</c> may be called on any thread, also after its call has ended, so two threads meet here: the one that closes the guard, and one that calls <c>next</c>. Each
/// writes first and then reads: the closing thread writes <c>_phase</c> and reads <c>_here</c> and <c>_elsewhere</c>; the other writes <c>_elsewhere</c> and reads <c>_phase</c>.
/// So either <c>next</c> is refused, or the closing thread waits for its end. Nearly always the thread that has opened the guard calls <c>next</c> and closes the guard, all
/// before the middleware returns. That thread needs no fence: another thread that calls <c>next</c> in this time issues a process-wide fence instead.</para>
/// <para>The thread that ends <c>next</c> and the threads that wait for the end meet in the same way: the ending thread writes <c>_here</c>, <c>_elsewhere</c> or <c>_held</c>
/// and then reads <c>_ended</c>; a waiting thread writes <c>_ended</c> and then reads those fields. Both use fences.</para>
/// <para>A middleware of the library that continues with the call after its <c>next</c> has completed, and that an outer middleware may not await, holds the guard meanwhile:
/// <c>_held</c> is written and read as <c>_elsewhere</c> is, and only the closing thread waits for it.</para>
/// <para>These rules belong together: a late call has the same object, delegate and token as the call that the object serves by then, and the guard cannot distinguish the two.
/// So an object is not reused where a late call is likely: where the middleware has completed without <c>next</c> (<see cref="IsSpent"/>), as it does when it leaves the work to
/// another thread. And a late call of one pipeline is refused while the object serves another.</para>
/// </remarks>
internal sealed class NextGuard
{
    // Values of _phase, which is the id of the opening thread until the middleware has returned.
    private const int Closed = 0, Anywhere = -1;

    private object? _pipeline;
    private int _phase;

    /// <summary>Whether a <c>next</c> runs that the opening thread called before the middleware returned.</summary>
    private int _here;

    /// <summary>Whether any other <c>next</c> runs.</summary>
    private int _elsewhere;

    /// <summary>Whether a middleware of the library holds the guard.</summary>
    private int _held;

    /// <summary>Wakes up all waiters for the end of one of the three; <c>null</c> where there is no waiter.</summary>
    private TaskCompletionSource? _ended;

    /// <summary>Whether <c>next</c> has been called since <see cref="Open"/>.</summary>
    public bool WasCalled { get; private set; }

    /// <summary>Whether the last middleware has completed without <c>next</c>.</summary>
    /// <remarks>Code that it has left running may still call <c>next</c>. The guard stays closed, and the guarded objects are not reused.</remarks>
    public bool IsSpent => !WasCalled && _pipeline is not null;

    /// <summary>Whether a <c>next</c> runs.</summary>
    public bool IsAnyRunning => (Volatile.Read(ref _here) | Volatile.Read(ref _elsewhere)) != 0;

    /// <summary>Whether the guarded objects are in use.</summary>
    private bool IsBusy => IsAnyRunning || Volatile.Read(ref _held) != 0;

    /// <summary>Opens the guard before the outermost middleware is called.</summary>
    /// <param name="pipeline">The pipeline of the middleware.</param>
    public void Open(object pipeline)
    {
        if (_pipeline != pipeline)
            _pipeline = pipeline;
        WasCalled = false;
        Volatile.Write(ref _phase, Environment.CurrentManagedThreadId);
    }

    /// <summary>Checks, before a middleware's <c>next</c> calls another middleware, that the call has not ended.</summary>
    /// <exception cref="InvalidOperationException">The outermost middleware has completed.</exception>
    public void Check(object pipeline)
    {
        if (Volatile.Read(ref _phase) == Closed || _pipeline != pipeline)
            throw HasEnded();
    }

    /// <summary>Begins a call of the pipeline's last handler.</summary>
    /// <returns>The origin of the call, for <see cref="Track"/> and <see cref="EndAtOnce"/>.</returns>
    /// <exception cref="InvalidOperationException">An earlier call still runs, or the outermost middleware has completed.</exception>
    public NextOrigin Begin(object pipeline)
    {
        if (Volatile.Read(ref _phase) != Environment.CurrentManagedThreadId || _pipeline != pipeline || _here != 0)
            return BeginElsewhere(pipeline);
        Volatile.Write(ref _here, 1);
        if (Volatile.Read(ref _elsewhere) != 0)
            throw Withdraw();
        WasCalled = true;
        return NextOrigin.Here;
    }

    /// <summary>Ends a <c>next</c> that has thrown synchronously, or has completed on the thread that called it.</summary>
    public void EndAtOnce(NextOrigin origin)
    {
        if (origin == NextOrigin.Here)
            Volatile.Write(ref _here, 0);
        else
            End(origin);
    }

    /// <summary>Returns a task for the result of <c>next</c>, whose end the guard observes.</summary>
    public ValueTask Track(ValueTask running, NextOrigin origin)
    {
        if (!running.IsCompleted)
            return TrackAsync(running, origin);
        EndAtOnce(origin);
        return running;
    }

    /// <summary>Returns a task for the outermost middleware, which completes when it and its <c>next</c> have completed.</summary>
    public ValueTask Close(ValueTask running) => running.IsCompleted && TryClose() ? running : WaitForAsync(running);

    /// <summary>Closes the guard after the outermost middleware has completed or thrown on the opening thread.</summary>
    /// <remarks>Returns <c>false</c> where <c>next</c> still runs, so that the caller must wait (<see cref="Close"/>).</remarks>
    public bool TryClose()
    {
        Volatile.Write(ref _phase, Closed);
        return !IsBusy;
    }

    /// <summary>For a middleware of the library: keeps the guarded objects from serving another call until <see cref="Release"/>.</summary>
    /// <remarks>This holds even if an outer middleware does not wait. After the guard is closed, <c>next</c> is refused nevertheless.</remarks>
    /// <exception cref="InvalidOperationException">The guard is already held, or the outermost middleware has completed.</exception>
    public void Hold(object pipeline)
    {
        if (Interlocked.CompareExchange(ref _held, 1, 0) != 0)
            throw StillRuns();
        var phase = Volatile.Read(ref _phase);
        if (phase > Closed && phase != Environment.CurrentManagedThreadId)
            Interlocked.MemoryBarrierProcessWide();
        if (Volatile.Read(ref _phase) != Closed && _pipeline == pipeline)
            return;
        Release();
        throw HasEnded();
    }

    /// <summary>Ends <see cref="Hold"/>.</summary>
    public void Release()
    {
        Interlocked.Exchange(ref _held, 0);
        WakeUp();
    }

    private NextOrigin BeginElsewhere(object pipeline)
    {
        Check(pipeline);
        if (Interlocked.CompareExchange(ref _elsewhere, 1, 0) != 0)
            throw StillRuns();
        if (Volatile.Read(ref _phase) > Closed)
            Interlocked.MemoryBarrierProcessWide();
        var isClosed = Volatile.Read(ref _phase) == Closed || _pipeline != pipeline;
        if (isClosed || Volatile.Read(ref _here) != 0)
        {
            End(NextOrigin.Elsewhere);
            throw isClosed ? HasEnded() : StillRuns();
        }
        WasCalled = true;
        return NextOrigin.Elsewhere;
    }

    private void End(NextOrigin origin)
    {
        Interlocked.Exchange(ref origin == NextOrigin.Here ? ref _here : ref _elsewhere, 0);
        WakeUp();
    }

    private void WakeUp() => Interlocked.Exchange(ref _ended, null)?.TrySetResult();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TrackAsync(ValueTask running, NextOrigin origin)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            End(origin);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForAsync(ValueTask running)
    {
        var wasLeft = false;
        try
        {
            if (!running.IsCompleted)
                Volatile.Write(ref _phase, Anywhere);
            await running.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Exchange(ref _phase, Closed);
            while (IsBusy)
            {
                wasLeft = true;
                var ended = WhenEnded();
                if (IsBusy)
                    await ended.ConfigureAwait(false);
            }
        }
        if (wasLeft)
            throw new InvalidOperationException("A middleware returned before the next handler had completed. It must await the task that next returns.");
    }

    /// <summary>For the middleware that holds the guard: completes when no <c>next</c> runs, even one that is not awaited.</summary>
    public async ValueTask WhenNoneRunsAsync()
    {
        while (IsAnyRunning)
        {
            var ended = WhenEnded();
            if (IsAnyRunning)
                await ended.ConfigureAwait(false);
        }
    }

    /// <summary>Returns a task that completes when one of the three ends after this.</summary>
    /// <remarks>A waiter must check again before it awaits the task, since the end may have come before.</remarks>
    private Task WhenEnded()
    {
        // The holder and the closing thread may wait at the same time, on the same source.
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (Interlocked.CompareExchange(ref _ended, ended, null) ?? ended).Task;
    }

    private InvalidOperationException Withdraw()
    {
        End(NextOrigin.Here);
        return StillRuns();
    }

    private static InvalidOperationException HasEnded() => new("The call has ended. Call the next handler before the middleware returns, and await it.");

    private static InvalidOperationException StillRuns() => new("The next handler still runs. Await it before calling it again.");
}

/// <summary>The origin of a call of <c>next</c>.</summary>
internal enum NextOrigin
{
    /// <summary>On the thread that called the outermost middleware, before that has returned.</summary>
    Here,

    /// <summary>On another thread, or later.</summary>
    Elsewhere,
}
