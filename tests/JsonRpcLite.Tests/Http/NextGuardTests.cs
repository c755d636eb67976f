namespace JsonRpcLite.Tests;

/// <summary>Middleware that does not await its next handler: an error, and never before that handler has ended.</summary>
public sealed class NextGuardTests
{
    private readonly NextGuard _guard = new();
    private readonly TaskCompletionSource _next = new();

    [Fact]
    public async Task What_was_not_awaited_is_waited_for_and_is_an_error_then()
    {
        _guard.Open();
        _guard.Begin();
        _ = _guard.Track(new ValueTask(_next.Task)).AsTask();

        var running = _guard.WaitFor(default).AsTask();
        running.IsCompleted.Should().BeFalse();
        _next.SetResult();

        (await FluentActions.Awaiting(() => running).Should().ThrowAsync<InvalidOperationException>()).WithMessage("*must await*");
    }

    [Fact]
    public async Task An_exception_of_the_middleware_waits_too_and_stays_what_it_is()
    {
        _guard.Open();
        _guard.Begin();
        _ = _guard.Track(new ValueTask(_next.Task)).AsTask();

        _guard.TryClose().Should().BeFalse();
        var running = _guard.WaitFor(ValueTask.FromException(new FormatException())).AsTask();
        running.IsCompleted.Should().BeFalse();
        _next.SetException(new TimeoutException());

        await FluentActions.Awaiting(() => running).Should().ThrowAsync<FormatException>();
    }

    [Fact]
    public async Task What_was_awaited_ends_as_it_does()
    {
        _guard.Open();
        _guard.Begin();
        var next = _guard.Track(new ValueTask(_next.Task)).AsTask();
        var running = _guard.WaitFor(new ValueTask(next)).AsTask();
        _next.SetResult();
        await running;

        _guard.Open();
        _guard.Begin();
        _guard.Track(default).AsTask().IsCompletedSuccessfully.Should().BeTrue();
        _guard.WaitFor(default).AsTask().IsCompletedSuccessfully.Should().BeTrue();
        _guard.TryClose().Should().BeTrue();
        FluentActions.Invoking(_guard.Begin).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
    }

    [Fact]
    public async Task The_next_handler_runs_once_at_a_time()
    {
        _guard.Open();
        _guard.Begin();
        var next = _guard.Track(new ValueTask(_next.Task)).AsTask();

        FluentActions.Invoking(_guard.Begin).Should().Throw<InvalidOperationException>().WithMessage("*Await it*");
        _next.SetResult();
        await next;
        FluentActions.Invoking(_guard.Begin).Should().NotThrow();
    }

    [Fact]
    public async Task An_end_that_comes_just_then_is_never_missed()
    {
        for (var round = 0; round < 20_000; round++)
        {
            var next = new TaskCompletionSource();
            _guard.Open();
            _guard.Begin();
            _ = _guard.Track(new ValueTask(next.Task)).AsTask();
            var ending = Task.Run(next.SetResult);
            try
            {
                await _guard.WaitFor(default).AsTask().WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (InvalidOperationException)
            {
                // It had to wait.
            }
            await ending;
        }
    }
}
