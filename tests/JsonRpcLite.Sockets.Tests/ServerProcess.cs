using System.Globalization;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

/// <summary>The test server in its own process.</summary>
internal static class ServerProcess
{
    /// <param name="maxConnections">The transport's limit.</param>
    /// <param name="maxOpenFiles">The limit on its file descriptors; 0 does not change it.</param>
    /// <param name="port">The port; 0 picks a free one.</param>
    /// <param name="drainDelaySeconds">How long it keeps serving after the signal to end.</param>
    /// <param name="eventLoops">As <see cref="SocketTransport.EventLoops"/>; <c>null</c> is what SERVER_EVENT_LOOPS says, or the default.</param>
    /// <param name="poolThreads">The limit on the threads of the thread pool; 0 does not change it.</param>
    public static async Task<ServedProcess> StartAsync(
        int maxConnections = 1024, int maxOpenFiles = 0, int port = 0, int drainDelaySeconds = 0, int? eventLoops = null, int poolThreads = 0)
    {
        var server = Path.Combine(AppContext.BaseDirectory, "JsonRpcLite.TestServer.dll");
        var limit = maxOpenFiles == 0 ? "" : $"ulimit -n {maxOpenFiles}; ";
        var arguments = $"max-connections={maxConnections} port={port} drain-delay={drainDelaySeconds}";
        if ((eventLoops?.ToString(CultureInfo.InvariantCulture) ?? Environment.GetEnvironmentVariable("SERVER_EVENT_LOOPS")) is { } loops)
            arguments += $" event-loops={loops}";
        if (poolThreads > 0)
            arguments += $" pool-threads={poolThreads}";
        return await ServedProcess.StartAsync("sh", "-c", $"{limit}exec dotnet '{server}' {arguments}");
    }

    public static async Task ShouldServeAsync(this ServedProcess process) =>
        (await RawConnection.ExchangeAsync(process.Address.Port, RawRequest.Post("7"))).Text.Should().Be("{\"echo\":7}");

    public static async Task<long> CollectAsync(this ServedProcess process) =>
        long.Parse((await RawConnection.ExchangeAsync(process.Address.Port, RawRequest.Post("{\"collect\":true}"))).Text, CultureInfo.InvariantCulture);
}
