using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>Keeps the logged messages.</summary>
internal sealed class ListLogger : ILoggerProvider
{
    public ConcurrentQueue<Entry> Entries { get; } = [];

    public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

    public void Dispose()
    {
    }

    public sealed record Entry(string Category, LogLevel Level, string Text, Exception? Exception);

    private sealed class Logger(ListLogger list, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            list.Entries.Enqueue(new Entry(category, logLevel, formatter(state, exception), exception));
    }
}
