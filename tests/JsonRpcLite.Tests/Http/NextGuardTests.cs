namespace JsonRpcLite.Tests;

/// <summary>Middleware that does not await its next handler: an error, and never before that handler has ended.</summary>
public sealed class NextGuardTests
{
    private readonly NextGuard _guard = new();
    private readonly TaskCompletionSource _next = new();

    [Fact]
    public async Task A_next_handler_that_was_not_awaited_is_waited_for_and_is_then_an_error()
    {
        var running = RunAsync(() =>
        {
            _ = NextAsync();
            return default;
        });

        running.IsCompleted.Should().BeFalse();
        _next.SetResult();

        (await FluentActions.Awaiting(() => running).Should().ThrowAsync<InvalidOperationException>()).WithMessage("*must await*");
    }

    [Fact]
    public async Task An_exception_of_the_middleware_waits_too_and_is_not_replaced()
    {
        var running = RunAsync(() =>
        {
            _ = NextAsync();
            throw new FormatException();
        });

        running.IsCompleted.Should().BeFalse();
        _next.SetException(new TimeoutException());

        await FluentActions.Awaiting(() => running).Should().ThrowAsync<FormatException>();
    }

    [Fact]
    public async Task An_awaited_next_handler_is_not_waited_for_again()
    {
        var running = RunAsync(async () => await NextAsync());
        _next.SetResult();
        await running;

        RunAsync(() => _guard.Track(default, _guard.Begin(this))).IsCompletedSuccessfully.Should().BeTrue();
        FluentActions.Invoking(() => { _ = RunAsync(() => throw new FormatException()); }).Should().Throw<FormatException>("nothing has to be waited for");
        FluentActions.Invoking(() => _guard.Begin(this)).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
    }

    [Fact]
    public async Task The_next_handler_runs_once_at_a_time()
    {
        await RunAsync(async () =>
        {
            var next = NextAsync();
            FluentActions.Invoking(() => _guard.Begin(this)).Should().Throw<InvalidOperationException>().WithMessage("*Await it*");
            _next.SetResult();
            await next;
            await NextAsync();
        });
    }

    [Fact]
    public async Task A_concurrent_end_of_the_next_handler_is_never_missed()
    {
        for (var round = 0; round < 20_000; round++)
        {
            var next = new TaskCompletionSource();
            var ending = Task.CompletedTask;
            var running = RunAsync(() =>
            {
                _ = _guard.Track(new ValueTask(next.Task), _guard.Begin(this)).AsTask();
                ending = Task.Run(next.SetResult);
                return default;
            });
            try
            {
                await running.WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (InvalidOperationException)
            {
                // It had to wait for the next handler.
            }
            await ending;
        }
    }

    [Fact]
    public async Task A_next_of_another_thread_runs_while_the_guard_is_open_or_never()
    {
        var (isOpen, hasEnded, begun, outside) = (false, false, 0, 0);
        var late = Task.Run(() =>
        {
            while (!Volatile.Read(ref hasEnded))
            {
                try
                {
                    var place = _guard.Begin(this);
                    begun++;
                    for (var i = 0; i < 50; i++)
                        outside += Volatile.Read(ref isOpen) ? 0 : 1;
                    _guard.EndAtOnce(place);
                }
                catch (InvalidOperationException)
                {
                    // It was called too late.
                }
            }
        });
        for (var round = 0; round < 300_000 || begun < 100 && round < 2_000_000; round++)
        {
            Volatile.Write(ref isOpen, true);
            _guard.Open(this);
            Thread.SpinWait(round % 50);
            try
            {
                await _guard.Close(default);
            }
            catch (InvalidOperationException)
            {
                // It had to wait for the next handler.
            }
            Volatile.Write(ref isOpen, false);
            // Long enough that a late entrant finds the guard closed.
            Thread.SpinWait(200);
        }
        Volatile.Write(ref hasEnded, true);
        await late;

        outside.Should().Be(0);
    }

    [Fact]
    public async Task All_that_wait_for_the_end_are_woken_up()
    {
        _guard.Open(this);
        _guard.Hold(this);
        var next = NextAsync();
        var holder = HoldAsync();
        var closing = _guard.Close(default).AsTask();
        _next.SetResult();

        await next;
        await holder.WaitAsync(TimeSpan.FromSeconds(30));
        await FluentActions.Awaiting(() => closing.WaitAsync(TimeSpan.FromSeconds(30))).Should().ThrowAsync<InvalidOperationException>();

        async Task HoldAsync()
        {
            await _guard.WhenNoneRunsAsync();
            _guard.Release();
        }
    }

    [Fact]
    public async Task A_held_guard_is_not_closed_before_it_is_released_and_refuses_next_meanwhile()
    {
        var running = RunAsync(() =>
        {
            _guard.Hold(this);
            throw new FormatException();
        });

        running.IsCompleted.Should().BeFalse();
        FluentActions.Invoking(() => _guard.Begin(this)).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
        FluentActions.Invoking(() => _guard.Check(this)).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
        _guard.Release();
        await FluentActions.Awaiting(() => running).Should().ThrowAsync<FormatException>();

        FluentActions.Invoking(() => _guard.Hold(this)).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
        RunAsync(() => default).IsCompleted.Should().BeTrue("a refused hold holds nothing");
    }

    [Fact]
    public void A_guard_is_held_once_at_a_time_and_by_its_own_pipeline()
    {
        _guard.Open(this);
        FluentActions.Invoking(() => _guard.Hold(new object())).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
        _guard.Hold(this);

        FluentActions.Invoking(() => _guard.Hold(this)).Should().Throw<InvalidOperationException>().WithMessage("*Await it*");
        _guard.Release();

        _guard.TryClose().Should().BeTrue();
    }

    [Fact]
    public void A_next_of_another_pipeline_is_refused()
    {
        _guard.Open(this);

        FluentActions.Invoking(() => _guard.Begin(new object())).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
        FluentActions.Invoking(() => _guard.Check(new object())).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
        _guard.Check(this);
    }

    [Fact]
    public async Task The_next_handler_may_be_called_on_any_thread()
    {
        await RunAsync(() => new ValueTask(Task.Run(async () => await _guard.Track(default, _guard.Begin(this)))));
        await RunAsync(() =>
        {
            OwnThread.Run(() => _guard.EndAtOnce(_guard.Begin(this))).GetAwaiter().GetResult();
            return default;
        });

        _guard.IsSpent.Should().BeFalse();
        await RunAsync(() => default);
        _guard.IsSpent.Should().BeTrue("nothing has called it");
    }

    [Fact]
    public void A_middleware_may_call_the_next_handler_when_it_throws()
    {
        FluentActions.Invoking(() =>
        {
            _ = RunAsync(() =>
            {
                try
                {
                    throw new FormatException();
                }
                finally
                {
                    _guard.EndAtOnce(_guard.Begin(this));
                }
            });
        }).Should().Throw<FormatException>();
    }

    /// <summary>Calls the next handler as a pipeline does.</summary>
    private Task RunAsync(Func<ValueTask> middleware)
    {
        _guard.Open(this);
        try
        {
            return _guard.Close(middleware()).AsTask();
        }
        catch (Exception e)
        {
            if (_guard.TryClose())
                throw;
            return _guard.Close(ValueTask.FromException(e)).AsTask();
        }
    }

    private Task NextAsync() => _guard.Track(new ValueTask(_next.Task), _guard.Begin(this)).AsTask();
}
