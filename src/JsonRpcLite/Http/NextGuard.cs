using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// Sees to it that middleware which returns before its <c>next</c> has ended harms no other call: what <c>next</c> uses is lent, and must not serve another call before.
/// </summary>
/// <remarks>
/// Two threads meet here: the flow of the call, which asks whether <c>next</c> still runs, and the one on which <c>next</c> ends. The flow writes <c>_ended</c> and reads <c>_isRunning</c> then; the other
/// writes <c>_isRunning</c> and reads <c>_ended</c>; both with a full fence between. Where <c>next</c> ends on the thread that called it there is nothing to race.
/// <c>_isOpen</c> is a plain flag: it catches a <c>next</c> that is called after the end, but not one that another thread calls in the very moment of the end, or when the object serves the next call.
/// </remarks>
internal sealed class NextGuard
{
    private int _isRunning;
    private TaskCompletionSource? _ended;
    private volatile bool _isOpen;

    private bool IsRunning => Volatile.Read(ref _isRunning) != 0;

    /// <summary>Whether <c>next</c> has been called since <see cref="RunAsync"/>.</summary>
    public bool WasCalled { get; private set; }

    /// <summary>Calls the outermost middleware, and ends when it and its <c>next</c> have ended.</summary>
    /// <param name="first">The outermost middleware.</param>
    /// <param name="subject">What it stands around.</param>
    /// <param name="cancellationToken">Its token.</param>
    public ValueTask RunAsync<T>(Func<T, CancellationToken, ValueTask> first, T subject, CancellationToken cancellationToken)
    {
        (WasCalled, _isOpen) = (false, true);
        ValueTask running;
        try
        {
            running = first(subject, cancellationToken);
        }
        catch (Exception e) when (!TryClose())
        {
            running = ValueTask.FromException(e);
        }
        return running.IsCompleted && TryClose() ? running : WaitForAsync(running);
    }

    /// <summary>Before <c>next</c> is called.</summary>
    /// <exception cref="InvalidOperationException">It was called before, and has not ended; or the outermost middleware has ended.</exception>
    public void Begin()
    {
        if (!_isOpen)
            throw new InvalidOperationException("The call has ended. Call the next handler before the middleware returns, and await it.");
        if (IsRunning)
            throw new InvalidOperationException("The next handler still runs. Await it before calling it again.");
        WasCalled = true;
        Volatile.Write(ref _isRunning, 1);
    }

    /// <summary>When <c>next</c> has thrown instead of returning a task.</summary>
    public void EndAtOnce() => Volatile.Write(ref _isRunning, 0);

    /// <summary>What <c>next</c> has returned, and the guard sees its end.</summary>
    public ValueTask Track(ValueTask running)
    {
        if (!running.IsCompleted)
            return TrackAsync(running);
        EndAtOnce();
        return running;
    }

    /// <summary>When the outermost middleware has ended, or thrown. False where it must wait, since <c>next</c> still runs.</summary>
    private bool TryClose()
    {
        if (IsRunning)
            return false;
        _isOpen = false;
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask TrackAsync(ValueTask running)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Exchange(ref _isRunning, 0);
            Interlocked.Exchange(ref _ended, null)?.TrySetResult();
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask WaitForAsync(ValueTask running)
    {
        var wasLeft = false;
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            if (IsRunning)
            {
                wasLeft = true;
                await WhenEnded().ConfigureAwait(false);
            }
            _isOpen = false;
        }
        if (wasLeft)
            throw new InvalidOperationException("A middleware returned before the next handler had ended. It must await what next returns.");
    }

    private Task WhenEnded()
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Interlocked.Exchange(ref _ended, ended);
        return IsRunning ? ended.Task : Task.CompletedTask;
    }
}
