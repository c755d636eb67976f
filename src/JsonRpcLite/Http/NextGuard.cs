using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// Sees to it that middleware which returns before its <c>next</c> has ended harms no other call: what <c>next</c> uses is lent, and must not serve another call before.
/// </summary>
/// <remarks>
/// <para><c>next</c> may be called on any thread, also when its call has ended, so two threads meet here: the one that closes the guard, and one that calls <c>next</c>. Each
/// writes first and reads then: the closing thread writes <c>_phase</c> and reads <c>_here</c> and <c>_elsewhere</c>; the other writes <c>_elsewhere</c> and reads <c>_phase</c>.
/// So either <c>next</c> is refused, or its end is waited for. Nearly always the thread that has opened the guard calls <c>next</c> and closes, all before the middleware returns.
/// It pays for no fence: another thread that calls <c>next</c> in this time makes one for the whole process instead.</para>
/// <para>The end of <c>next</c> and the threads that wait for it meet in the same way: one writes <c>_here</c>, <c>_elsewhere</c> or <c>_held</c> and reads <c>_ended</c>, the
/// others the other way round, with fences.</para>
/// <para>A middleware of the library's own that goes on with the call when its <c>next</c> has ended, and may be left behind by one in front of it, holds the guard meanwhile:
/// <c>_held</c> is written and read as <c>_elsewhere</c> is, and waited for by the closing thread alone.</para>
/// <para>What must not change alone: a call that comes late has the same object, delegate and token as the call that the object serves by then. Nothing tells the two apart, so an
/// object is not used again where a late call is likely: where the middleware has ended without <c>next</c> (<see cref="IsSpent"/>), as it does when it leaves the work to another
/// thread. And a late call of one pipeline is refused while the object serves another.</para>
/// </remarks>
internal sealed class NextGuard
{
    // Of _phase, which is the id of the opening thread until the middleware has returned.
    private const int Closed = 0, Anywhere = -1;

    private object? _pipeline;
    private int _phase;

    /// <summary>Whether a <c>next</c> runs that the opening thread has called before the middleware returned.</summary>
    private int _here;

    /// <summary>Whether any other <c>next</c> runs.</summary>
    private int _elsewhere;

    /// <summary>Whether a middleware of the library's own holds the guard.</summary>
    private int _held;

    /// <summary>Wakes up all that wait for one of the three to end; <c>null</c> where none waits.</summary>
    private TaskCompletionSource? _ended;

    /// <summary>Whether <c>next</c> has been called since <see cref="Open"/>.</summary>
    public bool WasCalled { get; private set; }

    /// <summary>
    /// Whether the last middleware has ended without <c>next</c>, so that it may still be called by what the middleware has left behind: the guard stays closed, and what it guards
    /// is not used again.
    /// </summary>
    public bool IsSpent => !WasCalled && _pipeline is not null;

    /// <summary>Whether a <c>next</c> runs.</summary>
    public bool IsAnyRunning => (Volatile.Read(ref _here) | Volatile.Read(ref _elsewhere)) != 0;

    /// <summary>Whether what the guard guards is in use.</summary>
    private bool IsBusy => IsAnyRunning || Volatile.Read(ref _held) != 0;

    /// <summary>Before the outermost middleware is called.</summary>
    /// <param name="pipeline">The pipeline that it belongs to.</param>
    public void Open(object pipeline)
    {
        if (_pipeline != pipeline)
            _pipeline = pipeline;
        WasCalled = false;
        Volatile.Write(ref _phase, Environment.CurrentManagedThreadId);
    }

    /// <summary>Before a middleware is called by another one's <c>next</c>.</summary>
    /// <exception cref="InvalidOperationException">The outermost middleware has ended.</exception>
    public void Check(object pipeline)
    {
        if (Volatile.Read(ref _phase) == Closed || _pipeline != pipeline)
            throw HasEnded();
    }

    /// <summary>Before the end of the pipeline is called.</summary>
    /// <returns>Where it runs, for <see cref="Track"/> and <see cref="EndAtOnce"/>.</returns>
    /// <exception cref="InvalidOperationException">It was called before, and has not ended; or the outermost middleware has ended.</exception>
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

    /// <summary>When <c>next</c> has thrown instead of returning a task, or has ended on the thread that called it.</summary>
    public void EndAtOnce(NextOrigin place)
    {
        if (place == NextOrigin.Here)
            Volatile.Write(ref _here, 0);
        else
            End(place);
    }

    /// <summary>What <c>next</c> has returned, and the guard sees its end.</summary>
    public ValueTask Track(ValueTask running, NextOrigin place)
    {
        if (!running.IsCompleted)
            return TrackAsync(running, place);
        EndAtOnce(place);
        return running;
    }

    /// <summary>What the outermost middleware has returned: ends when it and its <c>next</c> have ended.</summary>
    public ValueTask Close(ValueTask running) => running.IsCompleted && TryClose() ? running : WaitForAsync(running);

    /// <summary>
    /// When the outermost middleware has ended, or thrown, on the opening thread. False where it must be waited for (<see cref="Close"/>), since <c>next</c> still runs.
    /// </summary>
    public bool TryClose()
    {
        Volatile.Write(ref _phase, Closed);
        return !IsBusy;
    }

    /// <summary>
    /// For a middleware of the library's own: until <see cref="Release"/> what is guarded serves no other call, also where a middleware in front does not wait. After the guard is
    /// closed <c>next</c> is refused all the same.
    /// </summary>
    /// <exception cref="InvalidOperationException">It is held already; or the outermost middleware has ended.</exception>
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

    private void End(NextOrigin place)
    {
        Interlocked.Exchange(ref place == NextOrigin.Here ? ref _here : ref _elsewhere, 0);
        WakeUp();
    }

    private void WakeUp() => Interlocked.Exchange(ref _ended, null)?.TrySetResult();

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TrackAsync(ValueTask running, NextOrigin place)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            End(place);
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
            throw new InvalidOperationException("A middleware returned before the next handler had ended. It must await what next returns.");
    }

    /// <summary>Ends when no <c>next</c> runs, also where a middleware has not waited for it. For the middleware that holds the guard.</summary>
    public async ValueTask WhenNoneRunsAsync()
    {
        while (IsAnyRunning)
        {
            var ended = WhenEnded();
            if (IsAnyRunning)
                await ended.ConfigureAwait(false);
        }
    }

    /// <summary>Ends when one of the three has ended after this. A waiter looks again before it awaits the task: the end may have come before.</summary>
    private Task WhenEnded()
    {
        // The holder and the closing thread may wait at the same time, for the same source.
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

/// <summary>Where a <c>next</c> was called.</summary>
internal enum NextOrigin
{
    /// <summary>On the thread that called the outermost middleware, before that has returned.</summary>
    Here,

    /// <summary>On another thread, or later.</summary>
    Elsewhere,
}
