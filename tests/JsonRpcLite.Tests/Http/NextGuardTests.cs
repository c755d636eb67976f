namespace JsonRpcLite.Tests;

/// <summary>Middleware that does not await its next handler: an error, and never before that handler has ended.</summary>
public sealed class NextGuardTests
{
    private readonly NextGuard _guard = new();
    private readonly TaskCompletionSource _next = new();

    [Fact]
    public async Task What_was_not_awaited_is_waited_for_and_is_an_error_then()
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
    public async Task An_exception_of_the_middleware_waits_too_and_stays_what_it_is()
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
    public async Task What_was_awaited_ends_as_it_does()
    {
        var running = RunAsync(async () => await NextAsync());
        _next.SetResult();
        await running;

        RunAsync(() =>
        {
            _guard.Begin();
            return _guard.Track(default);
        }).IsCompletedSuccessfully.Should().BeTrue();
        FluentActions.Invoking(() => { _ = RunAsync(() => throw new FormatException()); }).Should().Throw<FormatException>("nothing has to be waited for");
        FluentActions.Invoking(_guard.Begin).Should().Throw<InvalidOperationException>().WithMessage("*has ended*");
    }

    [Fact]
    public async Task The_next_handler_runs_once_at_a_time()
    {
        await RunAsync(async () =>
        {
            var next = NextAsync();
            FluentActions.Invoking(_guard.Begin).Should().Throw<InvalidOperationException>().WithMessage("*Await it*");
            _next.SetResult();
            await next;
            await NextAsync();
        });
    }

    [Fact]
    public async Task An_end_that_comes_just_then_is_never_missed()
    {
        for (var round = 0; round < 20_000; round++)
        {
            var next = new TaskCompletionSource();
            var ending = Task.CompletedTask;
            var running = RunAsync(() =>
            {
                _guard.Begin();
                _ = _guard.Track(new ValueTask(next.Task)).AsTask();
                ending = Task.Run(next.SetResult);
                return default;
            });
            try
            {
                await running.WaitAsync(TimeSpan.FromSeconds(30));
            }
            catch (InvalidOperationException)
            {
                // It had to wait.
            }
            await ending;
        }
    }

    private Task RunAsync(Func<ValueTask> middleware) => _guard.RunAsync(static (middleware, _) => middleware(), middleware, CancellationToken.None).AsTask();

    private Task NextAsync()
    {
        _guard.Begin();
        return _guard.Track(new ValueTask(_next.Task)).AsTask();
    }
}
