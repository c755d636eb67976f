using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Hosting.Tests;

/// <summary>Servers that start, drain and stop with their host.</summary>
public class HostedServerTests
{
    private const string FreePort = """{ "JsonRpc": { "Port": 0 } }""";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private static void AddSum(IJsonRpcBuilder set) => set.AddMethods(methods => methods.Add("sum", (int a, int b) => a + b));

    [Theory]
    [InlineData("Sockets")]
    [InlineData("httplistener")]
    public async Task A_server_answers_when_the_host_has_started(string transport)
    {
        await using var host = await HostOfServers.StartAsync(FreePort, services => services.AddJsonRpcServer(methods: AddSum), $"--JsonRpc:Transport={transport}");
        using var client = host.MakeClient();

        (await client.CallAsync<int>("sum", new { a = 1, b = 2 })).Should().Be(3);
    }

    [Fact]
    public async Task A_server_listens_on_a_Unix_domain_socket()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        var file = Path.Combine(folder, "rpc.sock");
        await using (var host = await HostOfServers.StartAsync("{}", services => services.AddJsonRpcServer(methods: AddSum), $"--JsonRpc:UnixSocket={file}"))
        {
            using var client = JsonRpc.MakeClient("http://localhost/", new() { Transport = new SocketClientTransport { EndPoint = new UnixDomainSocketEndPoint(file) } });

            (await client.CallAsync<int>("sum", new { a = 1, b = 2 })).Should().Be(3);
            host.Log.Entries.Should().Contain(e => e.Text == $"The JSON-RPC server listens on unix:{file}.");
        }
        File.Exists(file).Should().BeFalse();
        Directory.Delete(folder);
    }

    [Fact]
    public async Task Each_call_has_services_of_its_own()
    {
        await using var host = await HostOfServers.StartAsync(FreePort, services => services
            .AddScoped<Identity>()
            .AddJsonRpcServer(methods: set => set.AddMethods(methods => methods.Add("id", (Identity one, JsonRpcCall call) =>
                one == call.Services!.GetRequiredService<Identity>() ? one.Id : Guid.Empty))));
        using var client = host.MakeClient();

        var (first, second) = (await client.CallAsync<Guid>("id"), await client.CallAsync<Guid>("id"));

        first.Should().NotBe(Guid.Empty).And.NotBe(second);
    }

    [Fact]
    public async Task Stopping_the_host_lets_calls_in_flight_finish_and_refuses_new_ones()
    {
        var (began, end) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var host = await HostOfServers.StartAsync(
            FreePort, services => services.AddJsonRpcServer(methods: set => set.AddMethods(methods => methods.Add("wait", async () =>
        {
            began.SetResult();
            await end.Task;
            return "done";
        }))));
        using var client = host.MakeClient();
        var inFlight = client.CallAsync<string>("wait");
        await began.Task.WaitAsync(Patience);

        var stop = host.StopAsync();

        host.Server().IsStopping.Should().BeTrue();
        (await client.Invoking(c => c.CallAsync<string>("wait")).Should().ThrowAsync<JsonRpcException>()).Which.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        stop.IsCompleted.Should().BeFalse("a call is in flight");
        end.SetResult();
        (await inFlight).Should().Be("done");
        await stop.WaitAsync(Patience);
        await client.Invoking(c => c.CallAsync<string>("wait")).Should().ThrowAsync<HttpRequestException>("the port is closed");
        host.Log.Entries.Where(e => e.Category == "JsonRpcLite.Server").Select(e => e.Text).Should().Equal(
            $"The JSON-RPC server listens on {host.Server().Address}.",
            "The JSON-RPC server drains: calls in flight have up to 00:00:10 to end.",
            "The JSON-RPC server has stopped.");
    }

    [Fact]
    public async Task The_hosts_shutdown_time_out_ends_the_drain()
    {
        var began = new TaskCompletionSource();
        await using var host = await HostOfServers.StartAsync(
            """{ "JsonRpc": { "Port": 0, "Server": { "DrainTimeout": "01:00:00" } } }""",
            services => services
                .Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMilliseconds(50))
                .AddJsonRpcServer(methods: set => set.AddMethods(methods => methods.Add("hang", async () =>
                {
                    began.SetResult();
                    await Task.Delay(Timeout.Infinite);
                }))));
        using var client = host.MakeClient();
        var inFlight = client.CallAsync("hang");
        await began.Task.WaitAsync(Patience);

        await host.StopAsync().WaitAsync(Patience);

        (await inFlight.Invoking(call => call).Should().ThrowAsync<JsonRpcException>()).Which.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
    }

    [Fact]
    public async Task A_server_that_code_stops_stops_the_host()
    {
        await using var host = await HostOfServers.StartAsync(FreePort, services => services.AddJsonRpcServer(methods: AddSum));
        var stopping = new TaskCompletionSource();
        host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.Register(stopping.SetResult);

        await host.Server().StopAsync();

        await stopping.Task.WaitAsync(Patience);
        host.Log.Entries.Should().Contain(e => e.Level == LogLevel.Warning && e.Text.Contains("was stopped while the application ran"));
    }

    [Fact]
    public async Task A_host_that_stops_by_itself_does_not_warn()
    {
        await using var host = await HostOfServers.StartAsync(FreePort, services => services.AddJsonRpcServer(methods: AddSum));

        await host.StopAsync();

        host.Log.Entries.Should().NotContain(e => e.Level >= LogLevel.Warning).And.Contain(e => e.Text == "The JSON-RPC server has stopped.");
    }

    [Fact]
    public async Task Two_servers_have_their_own_methods_and_sections()
    {
        await using var host = await HostOfServers.StartAsync(
            """{ "JsonRpc": { "Port": 0 }, "Admin": { "Port": 0, "Server": { "Discovery": { "Title": "For operators" } } } }""",
            services => services.AddJsonRpcServer(methods: AddSum)
                .AddJsonRpcServer("admin", "Admin", methods: set => set.AddMethods(methods => methods.Add("restart", () => true))));
        using var client = host.MakeClient();
        using var admin = host.MakeClient("admin");

        (await client.CallAsync<int>("sum", new { a = 1, b = 2 })).Should().Be(3);
        (await admin.CallAsync<bool>("restart")).Should().BeTrue();
        (await admin.CallAsync("rpc.discover"))!["info"]!["title"]!.GetValue<string>().Should().Be("For operators");
        (await client.CallAsync("rpc.discover"))!["info"]!["title"]!.GetValue<string>().Should().NotBe("For operators");
        (await client.Invoking(c => c.CallAsync("restart")).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.MethodNotFound);
        host.Log.Entries.Should().ContainSingle(e => e.Category == "JsonRpcLite.Server.admin" && e.Text == $"The JSON-RPC server listens on {host.Server("admin").Address}.");
    }

    [Fact]
    public async Task A_port_in_use_is_an_error_at_startup()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var port = ((IPEndPoint)taken.LocalEndpoint).Port;

        var start = () => HostOfServers.StartAsync("{}", services => services.AddJsonRpcServer(configure: o => o.Port = port, methods: AddSum));

        await start.Should().ThrowAsync<IOException>().WithMessage($"Cannot listen on port {port} of 127.0.0.1:*Another program*is using it.*");
    }

    [Fact]
    public async Task A_host_that_fails_to_start_leaves_no_server_behind()
    {
        var host = new HostOfServers(FreePort, services => services.AddJsonRpcServer(methods: AddSum).AddHostedService<FailingService>());
        await host.Invoking(h => h.StartAsync()).Should().ThrowAsync<InvalidOperationException>().WithMessage("inside");
        var server = host.Server();

        await host.DisposeWithoutStopAsync();

        server.Completion.IsCompletedSuccessfully.Should().BeTrue();
    }

    [Fact]
    public async Task The_health_check_reports_whether_calls_are_accepted()
    {
        var end = new TaskCompletionSource();
        var began = new TaskCompletionSource();
        await using var host = new HostOfServers(FreePort, services =>
        {
            services.AddHealthChecks().AddJsonRpcHealth();
            services.AddJsonRpcServer(methods: set => set.AddMethods(methods => methods.Add("wait", async () =>
            {
                began.SetResult();
                await end.Task;
            })));
        });
        var health = host.Services.GetRequiredService<HealthCheckService>();

        (await health.CheckHealthAsync()).Entries["jsonrpc"]
            .Should().Match<HealthReportEntry>(e => e.Status == HealthStatus.Unhealthy && e.Description == "No server has started.");
        await host.StartAsync();
        (await health.CheckHealthAsync(check => check.Tags.Contains("ready"))).Entries["jsonrpc"].Status.Should().Be(HealthStatus.Healthy);
        using var client = host.MakeClient();
        var inFlight = client.CallAsync("wait");
        await began.Task.WaitAsync(Patience);
        var stop = host.StopAsync();
        (await health.CheckHealthAsync()).Entries["jsonrpc"]
            .Should().Match<HealthReportEntry>(e => e.Status == HealthStatus.Unhealthy && e.Description == "The server is draining or has stopped.");
        end.SetResult();
        await inFlight;
        await stop;
    }

    [Fact]
    public async Task The_log_has_unexpected_exceptions_and_the_warning_that_everyone_can_call()
    {
        await using var host = await HostOfServers.StartAsync("{}", services => services.AddJsonRpcServer(
            configure: o => (o.Server.Transport, o.Server.HostName) = (new OpenTransport(), "*"), methods: AddSum));

        host.Log.Entries.Should().ContainSingle(e => e.Level == LogLevel.Warning).Which.Text.Should().StartWith("http://localhost/ listens on every interface")
            .And.Contain("Authenticate");
        host.Log.Entries.Should().Contain(e => e.Text == "The JSON-RPC server listens on http://localhost/ and every other network interface.");

        await using var failing = await HostOfServers.StartAsync(FreePort, services => services.AddJsonRpcServer(methods: set =>
            set.AddMethods(methods => methods.Add("fail", int () => throw new InvalidOperationException("inside")))));
        using var client = failing.MakeClient();
        await client.Invoking(c => c.CallAsync("fail")).Should().ThrowAsync<JsonRpcException>();
        failing.Log.Entries.Should().ContainSingle(e => e.Level == LogLevel.Error).Which.Exception!.Message.Should().Be("inside");
    }

    [Fact]
    public async Task A_server_that_is_missing_is_an_error_that_names_the_call()
    {
        await using var host = new HostOfServers(FreePort, services => services.AddJsonRpcServer(methods: AddSum));

        host.Invoking(h => h.Server()).Should().Throw<InvalidOperationException>().WithMessage("*has not started*");
        host.Invoking(h => h.Server("admin")).Should().Throw<InvalidOperationException>().WithMessage("*named 'admin'*AddJsonRpcServer(\"admin\", section).");
        await FluentActions.Awaiting(() => HostOfServers.StartAsync(FreePort, services => services.AddJsonRpcServer()))
            .Should().ThrowAsync<InvalidOperationException>().WithMessage("*builder.Services.AddJsonRpc().");
        FluentActions.Invoking(() => new ServiceCollection().AddJsonRpcServer().AddJsonRpcServer())
            .Should().Throw<InvalidOperationException>().WithMessage("AddJsonRpcServer was called twice for the default set.*");
    }

    internal sealed class Identity
    {
        public Guid Id { get; } = Guid.NewGuid();
    }

    internal sealed class FailingService : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw new InvalidOperationException("inside");

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    /// <summary>Does not listen, and declares that everyone can reach it.</summary>
    private sealed class OpenTransport : ServerTransport
    {
        protected override Uri Start(ServerTransportContext context) => new("http://localhost/");

        protected override ValueTask StopAsync(CancellationToken cancellationToken) => default;
    }
}
