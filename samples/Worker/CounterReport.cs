namespace Counting;

/// <summary>The program's own work beside the calls: it prints the final count. It stops after the server has drained, so no call is missing.</summary>
public sealed partial class CounterReport(Counter counter, ILogger<CounterReport> logger) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        AtTheEnd(counter.Value);
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "At the end the value is {Value}.")]
    private partial void AtTheEnd(long value);
}
