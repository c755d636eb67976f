using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Sockets.Tests;

public sealed class SocketClientTransportOnEventLoops() : SocketClientTransportTests(useEventLoops: true)
{
    [LinuxFact]
    public async Task A_continuation_that_blocks_delays_no_other_call()
    {
        var server = Serve();
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport() });
        using var gate = new ManualResetEventSlim();
        using var arrived = new CountdownEvent(32);
        var blocked = Enumerable.Range(0, 32).Select(i => Task.Run(async () =>
        {
            await client.CommandAsync(i);
            arrived.Signal();
            gate.Wait(Patience).Should().BeTrue();
        })).ToArray();
        arrived.Wait(Patience).Should().BeTrue();

        for (var i = 0; i < 100; i++)
            (await client.CommandAsync(i).WaitAsync(Patience))!.ToJsonString().Should().Be($"{{\"echo\":{i}}}");
        blocked.Should().OnlyContain(b => !b.IsCompleted);
        gate.Set();

        await Task.WhenAll(blocked).WaitAsync(Patience);
    }
}

public sealed class SocketClientTransportOnTheThreadPool() : SocketClientTransportTests(useEventLoops: false);

/// <summary>The specifics of this transport; bad servers are tested on all transports together.</summary>
public abstract class SocketClientTransportTests(bool useEventLoops) : SocketTests(useEventLoops ? null : 0)
{
    protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Sequential_calls_share_one_connection_for_synchronous_and_one_for_asynchronous_calls()
    {
        var listening = new SocketTransport();
        var server = Serve(listening);
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });

        for (var i = 0; i < 100; i++)
            client.Command(i)!.ToJsonString().Should().Be($"{{\"echo\":{i}}}");
        listening.OpenConnections.Should().Be(1);
        for (var i = 0; i < 100; i++)
            (await client.CommandAsync(i))!.ToJsonString().Should().Be($"{{\"echo\":{i}}}");
        listening.OpenConnections.Should().Be(2);
    }

    [Fact]
    public async Task A_Unix_domain_socket_carries_synchronous_and_asynchronous_calls()
    {
        var endPoint = new UnixDomainSocketEndPoint(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));
        var server = Serve(new SocketTransport { EndPoint = endPoint });
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops, EndPoint = endPoint } });

        client.Command(1)!.ToJsonString().Should().Be("{\"echo\":1}");
        (await client.CommandAsync(2))!.ToJsonString().Should().Be("{\"echo\":2}");
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_waits_for_a_Unix_domain_socket_with_a_full_queue_until_it_times_out(bool isSynchronous)
    {
        using var full = new FullUnixSocket();
        using var client = MakeClient(12345,
            new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops, EndPoint = full.EndPoint }, Timeout = TimeSpan.FromSeconds(2), TimeProvider = Clock });

        var calling = CallAsync(client, isSynchronous);
        // A waiting call cannot be observed; but a call that fails at once, or has no time-out, can.
        calling.Wait(TimeSpan.FromMilliseconds(300)).Should().BeFalse();
        Clock.AdvanceUntil(calling.ContinueWith(_ => { }, TaskScheduler.Default));

        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;
        thrown.InnerException.Should().BeOfType<TimeoutException>();
        thrown.Message.Should().Contain("took longer than 2 s");
    }

    [LinuxTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_call_connects_to_a_Unix_domain_socket_when_there_is_room_in_its_queue_again(bool isSynchronous)
    {
        using var full = new FullUnixSocket();
        using var client = MakeClient(12345, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops, EndPoint = full.EndPoint } });

        var calling = CallAsync(client, isSynchronous);
        calling.Wait(TimeSpan.FromMilliseconds(150)).Should().BeFalse();
        (await full.AcceptAsync()).Dispose();
        using var connection = RawConnection.On(await full.AcceptAsync());
        await connection.ReceiveUntilAsync("\r\n\r\n1");
        await connection.SendAsync(ScriptedServer.Ok("2"));

        (await calling.WaitAsync(Patience))!.ToJsonString().Should().Be("2");
    }

    [LinuxTheory]
    [InlineData("[::1%251]")]
    [InlineData("[::1%25lo]")]
    [InlineData("[::1%1]")]
    [InlineData("[::1%lo]")]
    public async Task An_IPv6_zone_says_where_to_connect_and_is_not_sent(string host)
    {
        using var listener = new TcpListener(IPAddress.IPv6Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var client = MakeClient($"http://{host}:{port}/", new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        foreach (var isSynchronous in new[] { false, true })
        {
            var calling = CallAsync(client, isSynchronous);
            using var connection = RawConnection.On(await listener.AcceptSocketAsync().WaitAsync(Patience));
            var head = await connection.ReceiveUntilAsync("\r\n\r\n1");
            await connection.SendAsync(ScriptedServer.Ok("2"));

            (await calling.WaitAsync(Patience))!.ToJsonString().Should().Be("2");
            head.Should().Contain($"\r\nHost: [::1]:{port}\r\n").And.NotContain("%");
        }
    }

    [Fact]
    public void Two_zones_are_two_origins()
    {
        using var transport = new SocketClientTransport();

        var origins = new[] { "http://[fe80::1%251]/", "http://[fe80::1%252]/", "http://[fe80::1]/" }.Select(
            address => transport.OriginOf(new HttpExchange { Address = new Uri(address) })).ToList();

        origins.Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public async Task TLS_carries_synchronous_and_asynchronous_calls_and_an_untrusted_certificate_is_refused()
    {
        using var certificate = TestCertificate.Make();
        var server = Serve(new SocketTransport { TlsOptions = new SslServerAuthenticationOptions { ServerCertificate = certificate } });
        var trusting =
            new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.GetCertHashString() };
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops, TlsOptions = trusting } });
        using var wary = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });

        for (var i = 0; i < 3; i++)
        {
            client.Command(i)!.ToJsonString().Should().Be($"{{\"echo\":{i}}}");
            (await client.CommandAsync(i))!.ToJsonString().Should().Be($"{{\"echo\":{i}}}");
        }
        wary.Invoking(c => c.Command(1)).Should().Throw<HttpRequestException>().Which.HttpRequestError.Should().Be(HttpRequestError.SecureConnectionError);
        (await wary.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.SecureConnectionError);
    }

    [Fact]
    public async Task A_connection_that_the_server_has_closed_is_replaced_and_its_caller_notices_nothing()
    {
        var server = Serve();
        using var client = MakeClient(server.Address.Port, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        client.Command(1);
        await client.CommandAsync(1);

        await server.StopAsync(new CancellationToken(canceled: true));
        Serve(port: server.Address.Port);

        client.Command(2)!.ToJsonString().Should().Be("{\"echo\":2}");
        (await client.CommandAsync(3))!.ToJsonString().Should().Be("{\"echo\":3}");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_request_of_which_no_byte_could_be_sent_goes_over_a_new_connection(bool isSynchronous)
    {
        using var server = new ScriptedServer();
        server.Then(ScriptedServer.Ok("1"), Ending.Keep).Then(ScriptedServer.Ok("2"));
        var transport = new SocketClientTransport { UseEventLoops = useEventLoops };
        using var client = MakeClient(server.Port, new() { Transport = transport });
        await CallAsync(client, isSynchronous);

        // The next send fails on a connection that was reset at this very moment; here a connection that cannot send replaces it.
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var broken = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await broken.ConnectAsync(listener.LocalEndpoint);
        using var peer = await listener.AcceptSocketAsync();
        broken.Shutdown(SocketShutdown.Send);
        var origin = transport.OriginOf(new HttpExchange { Address = client.Address });
        var pool = isSynchronous ? origin.Blocking : origin.Asynchronous;
        pool.TryTake(out var healthy).Should().BeTrue();
        healthy!.Dispose();
        pool.Return(new ClientConnection(new SocketWire(broken), TimeProvider.System.GetTimestamp()));

        (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("2");
        server.Requests.Should().HaveCount(2);
    }

    [Fact]
    public async Task Bytes_after_a_reply_answer_no_call_and_end_its_connection()
    {
        using var server = new ScriptedServer();
        server.Then(ScriptedServer.Ok("1") + ScriptedServer.Ok("666"), Ending.Keep).Then(ScriptedServer.Ok("2"), Ending.Keep).Then(ScriptedServer.Ok("3") + "x", Ending.Keep)
            .Then(ScriptedServer.Ok("4"));
        using var client = MakeClient(server.Port, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });

        foreach (var expected in new[] { "1", "2", "3", "4" })
            (await CallAsync(client, isSynchronous: expected is "1" or "2"))!.ToJsonString().Should().Be(expected);
        server.Connections.Should().Be(4, "each call finds no connection that it may use");
    }

    [Fact]
    public async Task A_connection_that_has_idled_too_long_or_is_too_old_is_closed()
    {
        var listening = new SocketTransport();
        var server = Serve(listening, o => o.TimeProvider = TimeProvider.System);
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops }, TimeProvider = Clock });
        client.Command(1);
        await client.CommandAsync(1);
        listening.OpenConnections.Should().Be(2);

        Clock.Advance(TimeSpan.FromSeconds(61));
        SpinWait.SpinUntil(() => listening.OpenConnections == 0, TimeSpan.FromSeconds(30)).Should().BeTrue("no call used them");

        for (var second = 0; second < 310; second += 10)
        {
            client.Command(1);
            listening.OpenConnections.Should().BeLessThanOrEqualTo(2);
            Clock.Advance(TimeSpan.FromSeconds(10));
        }
        using var counting = new ScriptedServer();
        SpinWait.SpinUntil(() => listening.OpenConnections <= 1, TimeSpan.FromSeconds(30)).Should().BeTrue();
    }

    [Fact]
    public async Task An_unknown_host_name_is_reported()
    {
        using var client = MakeClient(new Uri("http://no-such-host.invalid/"), new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });

        client.Invoking(c => c.Command(1)).Should().Throw<HttpRequestException>().Which.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
        (await client.Invoking(c => c.CommandAsync(1)).Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.NameResolutionError);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Connecting_has_a_time_out_of_its_own(bool isSynchronous)
    {
        using var full = new FullPort();
        using var client = MakeClient(full.Port, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops }, TimeProvider = Clock });

        var calling = CallAsync(client, isSynchronous);
        full.WaitForAttempt();
        Clock.Advance(TimeSpan.FromSeconds(9.9));
        calling.IsCompleted.Should().BeFalse();
        Clock.Advance(TimeSpan.FromSeconds(0.1));
        var thrown = (await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>()).Which;

        thrown.InnerException.Should().BeOfType<TimeoutException>();
        thrown.Message.Should().Contain($"{nameof(SocketClientTransport)}.{nameof(SocketClientTransport.ConnectTimeout)}").And.Contain("10 s").And.Contain($"{full.Port}");
    }

    [Fact]
    public void A_time_out_of_its_range_is_refused_where_it_is_set()
    {
        foreach (var time in new[] { TimeSpan.Zero, TimeSpan.FromSeconds(-1), TimeSpan.FromDays(25) })
        {
            Refused(() => new() { ConnectTimeout = time }, "ConnectTimeout");
            Refused(() => new() { PooledConnectionIdleTimeout = time }, "PooledConnectionIdleTimeout");
            Refused(() => new() { PooledConnectionLifetime = time }, "PooledConnectionLifetime");
        }

        static void Refused(Func<SocketClientTransport> make, string property) =>
            make.Should().Throw<ArgumentOutOfRangeException>().WithParameterName(property).WithMessage($"{property} must be above 0 and at most 24 days; it is *");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Megabytes_go_both_ways(bool isSynchronous)
    {
        var server = Serve();
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        var text = string.Concat(Enumerable.Range(0, 3_000_000).Select(i => (char)('a' + i % 26)));

        for (var i = 0; i < 2; i++)
        {
            var reply = isSynchronous ? await OwnThread.Run(() => client.Command(text)) : await client.CommandAsync(text);
            ((string)reply!["echo"]!).Should().Be(text);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_reply_of_a_server_that_refuses_a_body_before_it_has_arrived_is_read(bool isSynchronous)
    {
        var server = Serve(configure: o => o.Limits.MaxRequestBodySize = 1000);
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });

        for (var i = 0; i < 10; i++)
        {
            var thrown = (await FluentActions.Awaiting(
                () => isSynchronous ? OwnThread.Run(() => client.Command(new string('x', 3_000_000))) : client.CommandAsync(new string('x', 3_000_000)))
                .Should().ThrowAsync<JsonRpcException>()).Which;
            thrown.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge);
        }
        (await CallAsync(client, isSynchronous))!.ToJsonString().Should().Be("{\"echo\":1}");
    }

    [Fact]
    public async Task A_cancelled_call_closes_its_connection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = MakeClient(((IPEndPoint)listener.LocalEndpoint).Port, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        using var cancellation = new CancellationTokenSource();

        var calling = client.CommandAsync(1, cancellation.Token);
        using var accepted = await listener.AcceptSocketAsync();
        using var peer = RawConnection.On(accepted);
        await peer.ReceiveUntilAsync("\r\n\r\n");
        await cancellation.CancelAsync();

        await FluentActions.Awaiting(() => calling).Should().ThrowAsync<TaskCanceledException>();
        // It ends, or this gives up.
        await peer.ReceiveToEndAsync();
    }

    [Fact]
    public async Task Fields_are_sent_as_given_and_those_of_the_framing_only_by_the_transport()
    {
        using var server = new ScriptedServer();
        server.Then(ScriptedServer.Ok("1"), Ending.Keep);
        using var transport = new SocketClientTransport { UseEventLoops = useEventLoops };
        var exchange = new HttpExchange { Address = new Uri($"http://localhost:{server.Port}/a?b"), Target = "/a?b", RequestBody = "{}"u8.ToArray(), CloseConnection = true };
        exchange.RequestHeaders["Host"] = "other.example";
        exchange.RequestHeaders["X-Own"] = " é ";

        await transport.SendAsync(exchange, CancellationToken.None);

        server.Requests.Single().Should().Be("POST /a?b HTTP/1.1\r\nHost: other.example\r\nX-Own: é\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}");
        exchange.RequestHeaders["Content-Length"] = "3";
        transport.Invoking(t => t.Send(exchange, CancellationToken.None)).Should().Throw<InvalidOperationException>().WithMessage("*Content-Length*");
        var strange = new HttpExchange { Address = exchange.Address, Target = "/é" };
        transport.Invoking(t => t.Send(strange, CancellationToken.None)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public async Task Under_load_no_reply_is_crossed_and_no_request_sent_twice()
    {
        var seen = new ConcurrentDictionary<string, int>();
        var ending = 0;
        var server = ServeRaw(async (exchange, token) =>
        {
            var body = Encoding.UTF8.GetString((await exchange.ReadBodyAsync(token)).Span);
            seen.AddOrUpdate(body, 1, (_, count) => count + 1);
            // Every seventh connection ends, sometimes before its client can notice.
            exchange.CloseConnection = Interlocked.Increment(ref ending) % 7 == 0;
            exchange.ResponseHeaders["Content-Type"] = "application/json";
            exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(body));
        });
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        var wrong = new ConcurrentQueue<string>();

        await Task.WhenAll(Enumerable.Range(0, 16).Select(caller => Task.Factory.StartNew(
            async () =>
            {
                for (var i = 0; i < 200; i++)
                {
                    var n = caller * 1000 + i;
                    var reply = caller % 2 == 0 ? client.Command(n) : await client.CommandAsync(n);
                    if ((int?)reply != n)
                        wrong.Enqueue($"{n}: {reply}");
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default).Unwrap()));

        wrong.Should().BeEmpty();
        seen.Should().HaveCount(16 * 200);
        seen.Values.Should().OnlyContain(count => count == 1);
    }

    [Fact]
    public void A_warm_synchronous_call_allocates_nothing()
    {
        var server = ServeRaw(async (exchange, token) =>
        {
            await exchange.ReadBodyAsync(token);
            exchange.ResponseHeaders["Content-Type"] = "application/json";
            exchange.ResponseBody.Write("{}"u8);
        });
        using var transport = new SocketClientTransport { UseEventLoops = useEventLoops };
        var exchange = new HttpExchange { Address = server.Address, RequestBody = "{}"u8.ToArray() };
        exchange.RequestHeaders["Content-Type"] = "application/json";
        Call(100);

        var before = GC.GetAllocatedBytesForCurrentThread();
        Call(1000);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;

        allocated.Should().BeLessThan(1000, "that is less than a byte a call");

        void Call(int count)
        {
            for (var i = 0; i < count; i++)
            {
                exchange.ClearResponse();
                transport.Send(exchange, CancellationToken.None);
                if (exchange.ResponseBody.Length != 2)
                    throw new InvalidOperationException("A wrong reply.");
            }
        }
    }

    [LinuxFact]
    public async Task A_continuation_runs_where_the_options_say_and_in_its_own_context()
    {
        var server = Serve();
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        var own = new AsyncLocal<int>();
        var threads = new HashSet<string?>();

        await Task.Run(async () =>
        {
            for (var i = 0; i < 50; i++)
            {
                own.Value = i;
                await client.CommandAsync(i);
                threads.Add(Thread.CurrentThread.Name);
                own.Value.Should().Be(i);
            }
        });

        threads.Contains("JsonRpcLite event loop").Should().Be(useEventLoops);
    }

    [Theory]
    [InlineData("")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")]
    public async Task A_call_that_is_cancelled_resets_its_connection(string begun)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = MakeClient(((IPEndPoint)listener.LocalEndpoint).Port, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        using var end = new CancellationTokenSource();
        var calling = client.CallStreamAsync<int>("count", cancellationToken: end.Token).FirstAsync().AsTask();
        using var accepted = await listener.AcceptSocketAsync();
        await accepted.ReceiveAsync(new byte[10_000]).WaitAsync(Patience);
        await accepted.SendAsync(Encoding.ASCII.GetBytes(begun));

        await end.CancelAsync();
        var receiving = () => accepted.ReceiveAsync(new byte[1]).WaitAsync(Patience);

        (await receiving.Should().ThrowAsync<SocketException>()).Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset);
        await calling.Invoking(c => c).Should().ThrowAsync<OperationCanceledException>();
    }

    [Fact]
    public async Task A_call_that_times_out_resets_its_connection()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = MakeClient(((IPEndPoint)listener.LocalEndpoint).Port,
            new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops }, Timeout = TimeSpan.FromSeconds(2), TimeProvider = Clock });
        foreach (var isSynchronous in new[] { false, true })
        {
            var calling = CallAsync(client, isSynchronous);
            using var accepted = await listener.AcceptSocketAsync();
            await accepted.ReceiveAsync(new byte[10_000]).WaitAsync(Patience);

            Clock.Advance(TimeSpan.FromSeconds(3));
            var receiving = () => accepted.ReceiveAsync(new byte[1]).WaitAsync(Patience);

            (await receiving.Should().ThrowAsync<SocketException>()).Which.SocketErrorCode.Should().Be(SocketError.ConnectionReset, $"synchronous {isSynchronous}");
            await calling.Invoking(c => c).Should().ThrowAsync<TaskCanceledException>();
        }
    }

    [Fact]
    public async Task A_synchronization_context_is_respected()
    {
        var server = Serve();
        using var client = MakeClient(server.Address, new() { Transport = new SocketClientTransport { UseEventLoops = useEventLoops } });
        using var context = new QueueContext();

        var calling = context.Run(async () =>
        {
            for (var i = 0; i < 20; i++)
            {
                await client.CommandAsync(i);
                SynchronizationContext.Current.Should().BeSameAs(context);
            }
        });

        await calling.WaitAsync(Patience);
    }

    private static Task<JsonNode?> CallAsync(JsonRpcClient client, bool isSynchronous) => isSynchronous ? OwnThread.Run(() => client.Command(1)) : client.CommandAsync(1);

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456", true)]
    [InlineData("HTTP/1.1 200 OK\r\n\r\n123", false)]
    public async Task A_reply_without_a_length_is_not_trusted_under_TLS(string reply, bool isBelieved)
    {
        // An attacker who cuts the connection could cut the number: only TLS can distinguish an end from a cut, and SslStream does not expose it.
        using var certificate = TestCertificate.Make();
        using var listener = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        listener.Start();
        var answering = Task.Run(async () =>
        {
            using var accepted = await listener.AcceptTcpClientAsync();
            await using var stream = new System.Net.Security.SslStream(accepted.GetStream());
            await stream.AuthenticateAsServerAsync(certificate);
            await stream.ReadAtLeastAsync(new byte[1000], 1);
            await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(reply));
            await stream.ShutdownAsync();
        });
        var transport = new SocketClientTransport
        {
            UseEventLoops = useEventLoops,
            TlsOptions = new() { RemoteCertificateValidationCallback = (_, presented, _, _) => presented!.GetCertHashString() == certificate.Thumbprint },
        };
        using var client = JsonRpc.MakeClient(new Uri($"https://localhost:{((System.Net.IPEndPoint)listener.LocalEndpoint).Port}/"), new() { Transport = transport });

        var calling = () => client.CommandAsync(1);

        if (isBelieved)
            (await calling())!.GetValue<int>().Should().Be(123456);
        else
            (await calling.Should().ThrowAsync<HttpRequestException>()).Which.HttpRequestError.Should().Be(HttpRequestError.ResponseEnded);
        await answering;
    }

    /// <summary>A Unix domain socket whose queue of connections is full.</summary>
    private sealed class FullUnixSocket : IDisposable
    {
        private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        private readonly Socket _queued = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public FullUnixSocket()
        {
            _listener.Bind(EndPoint);
            _listener.Listen(0);
            _queued.Connect(EndPoint);
        }

        public UnixDomainSocketEndPoint EndPoint { get; } = new(Path.Combine(Path.GetTempPath(), Path.GetRandomFileName()));

        public Task<Socket> AcceptAsync() => _listener.AcceptAsync().WaitAsync(Patience);

        public void Dispose()
        {
            _queued.Dispose();
            _listener.Dispose();
            File.Delete(EndPoint.ToString());
        }
    }

    /// <summary>A context of one thread, like that of a user interface.</summary>
    private sealed class QueueContext : SynchronizationContext, IDisposable
    {
        private readonly BlockingCollection<(SendOrPostCallback Callback, object? State)> _queue = [];

        public override void Post(SendOrPostCallback d, object? state) => _queue.Add((d, state));

        public Task Run(Func<Task> function)
        {
            var done = new TaskCompletionSource();
            Post(async _ =>
            {
                try
                {
                    await function();
                    done.SetResult();
                }
                catch (Exception e)
                {
                    done.SetException(e);
                }
            }, null);
            _ = OwnThread.Run(() =>
            {
                SetSynchronizationContext(this);
                while (!done.Task.IsCompleted && _queue.TryTake(out var next, Patience))
                    next.Callback(next.State);
                return true;
            });
            return done.Task;
        }

        public void Dispose() => _queue.Dispose();
    }
}
