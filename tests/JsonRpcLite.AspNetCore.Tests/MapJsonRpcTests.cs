using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>A JSON-RPC endpoint among other endpoints of an application.</summary>
public class MapJsonRpcTests
{
    private const string Call = """{"jsonrpc":"2.0","method":"one","id":1}""";

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task A_class_with_services_answers_a_call(HttpProtocols protocols)
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<Prices>();
                builder.Services.AddJsonRpc().AddMethods<Orders>("order.");
            },
            app => app.MapJsonRpc("/rpc"),
            protocols);
        using var http = App.MakeHttpClient(protocols);
        using var client = app.MakeClient(configure: options => options.Transport = new HttpClientTransport(http));

        (await client.CallAsync<int>("order.price", new { amount = 3 })).Should().Be(30);
        (await client.CallAsync<string>("order.version")).Should().Be(protocols == HttpProtocols.Http2 ? "HTTP/2" : "HTTP/1.1");
        var items = new List<int>();
        await foreach (var item in client.CallStreamAsync<int>("order.numbers", new { count = 3 }))
            items.Add(item);
        items.Should().Equal(0, 1, 2);
        using var get = await app.SendAsync(http, HttpMethod.Get, "/rpc", body: null);
        get.StatusCode.Should().Be(HttpStatusCode.MethodNotAllowed);
        get.Content.Headers.Allow.Should().Equal("POST", "QUERY");
    }

    [Fact]
    public async Task It_runs_in_a_test_server()
    {
        var builder = App.MakeBuilder();
        builder.WebHost.UseTestServer();
        builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("add", (int a, int b) => a + b));
        await using var app = builder.Build();
        app.MapJsonRpc("/rpc");
        await app.StartAsync();
        using var client = JsonRpc.MakeClient("http://localhost/rpc", new() { Transport = new HttpClientTransport(app.GetTestClient()) });

        (await client.CallAsync<int>("add", new { a = 1, b = 2 })).Should().Be(3);
    }

    [Fact]
    public async Task A_single_call_has_the_services_of_its_request_and_calls_of_a_batch_have_their_own()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddScoped<Scoped>();
                builder.Services.AddJsonRpc(o => o.Protocol.MaxBatchParallelism = 4).AddMethods(Add);
            },
            app =>
            {
                app.MapJsonRpc("/rpc");
                app.MapJsonRpc("/shared", options => options.ShareRequestScope = true);
            });
        using var own = app.MakeClient();
        using var shared = app.MakeClient("/shared");

        (await own.CallAsync<bool>("isRequests")).Should().BeTrue();
        (await BatchAsync(own, "isRequests")).Should().OnlyContain(isRequests => !isRequests);
        (await BatchAsync(shared, "isRequests")).Should().OnlyContain(isRequests => isRequests);
        (await BatchAsync(shared, "isAlone")).Should().OnlyContain(isAlone => isAlone, "calls that share services run one after another");

        static void Add(JsonRpcMethods methods) => methods
            .Add("isRequests", (Scoped scoped, HttpContext http) => http.RequestServices.GetRequiredService<Scoped>() == scoped)
            .Add("isAlone", (Scoped scoped) => scoped.IsAloneAsync());

        static async Task<bool[]> BatchAsync(JsonRpcClient client, string method)
        {
            var batch = client.CreateBatch();
            var calls = Enumerable.Range(0, 40).Select(_ => batch.CallAsync<bool>(method)).ToList();
            await batch.SendAsync();
            return await Task.WhenAll(calls);
        }
    }

    [Fact]
    public async Task A_registry_can_serve_two_endpoints_and_so_can_one_options_object()
    {
        var methods = new JsonRpcMethods().Add("price", (Prices prices) => prices.Each);
        var options = new JsonRpcServerOptions { Discovery = { Enabled = false } };
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<Prices>();
                builder.Services.AddJsonRpc();
            },
            app =>
            {
                app.MapJsonRpc("/a", methods, options);
                app.MapJsonRpc("/b", methods, options);
            });
        using var a = app.MakeClient("/a");
        using var b = app.MakeClient("/b");

        (await a.CallAsync<int>("price")).Should().Be(10);
        (await b.CallAsync<int>("price")).Should().Be(10);
        (await a.Invoking(c => c.CallAsync<JsonNode>("rpc.discover")).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.MethodNotFound);
    }

    [Fact]
    public async Task Method_sets_are_distinguished_by_name()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("which", () => "default"));
                builder.Services.AddJsonRpc("admin").AddMethods(methods => methods.Add("which", () => "admin"));
            },
            app =>
            {
                app.MapJsonRpc("/rpc");
                app.MapJsonRpc("/admin", "admin");
            });
        using var first = app.MakeClient();
        using var second = app.MakeClient("/admin");

        (await first.CallAsync<string>("which")).Should().Be("default");
        (await second.CallAsync<string>("which")).Should().Be("admin");
    }

    [Fact]
    public async Task Conventions_of_the_endpoint_and_of_its_group_apply()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                TestAuthentication.Add(builder.Services);
                builder.Services.AddAuthorization();
                builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("user", (JsonRpcCall call) => call.User?.Identity?.Name));
            },
            app =>
            {
                app.MapGroup("/api").RequireAuthorization().MapJsonRpc("/rpc");
                app.MapJsonRpc("/rpc").RequireAuthorization();
                app.MapJsonRpc("/open");
            });

        foreach (var path in new[] { "/rpc", "/api/rpc" })
        {
            using var anonymous = app.MakeClient(path);
            using var ada = app.MakeClientOf("ada", path);
            (await anonymous.Invoking(c => c.CallAsync<string>("user")).Should().ThrowAsync<HttpRequestException>()).Which.StatusCode.Should().Be(HttpStatusCode.Unauthorized);
            (await ada.CallAsync<string>("user")).Should().Be("ada");
        }
        using var open = app.MakeClient("/open");
        (await open.CallAsync<string?>("user")).Should().BeNull("an anonymous principal is not a user");
        var endpoints = app.Application.Services.GetRequiredService<EndpointDataSource>().Endpoints;
        endpoints.Select(e => e.DisplayName).Should().BeEquivalentTo("JSON-RPC /rpc", "JSON-RPC /rpc", "JSON-RPC /open");
    }

    [Fact]
    public async Task The_applications_rate_limiter_causes_an_HTTP_error_at_the_client()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddRateLimiter(limiter =>
                {
                    limiter.RejectionStatusCode = 429;
                    limiter.AddFixedWindowLimiter("one", window => (window.PermitLimit, window.Window) = (1, TimeSpan.FromHours(1)));
                });
                builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => 1));
            },
            app =>
            {
                app.UseRateLimiter();
                app.MapJsonRpc("/rpc").RequireRateLimiting("one");
            });
        using var client = app.MakeClient();

        (await client.CallAsync<int>("one")).Should().Be(1);
        (await client.Invoking(c => c.CallAsync<int>("one")).Should().ThrowAsync<HttpRequestException>()).Which.StatusCode.Should().Be(HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public void A_setting_that_an_endpoint_cannot_have_is_an_error_when_it_is_mapped()
    {
        Map(_ => { }, app => app.MapJsonRpc("/rpc")).Should().Throw<InvalidOperationException>().WithMessage("MapJsonRpc(\"/rpc\") needs*AddJsonRpc().");
        Map(b => b.Services.AddJsonRpc("x"), app => app.MapJsonRpc("/rpc")).Should().Throw<InvalidOperationException>().WithMessage("*AddJsonRpc().");
        Map(b => b.Services.AddJsonRpc(), app => app.MapJsonRpc("/rpc", "admin")).Should().Throw<InvalidOperationException>().WithMessage("*named 'admin'*");
        With(o => o.Authenticate = (_, _) => default).Should().Throw<InvalidOperationException>().WithMessage("*Authenticate must not be set for MapJsonRpc*AddAuthentication*");
        With(o => o.Transport = new InMemoryTransport()).Should().Throw<InvalidOperationException>().WithMessage("*Transport must not be set*");
        With(o => o.HostName = "*").Should().Throw<InvalidOperationException>().WithMessage("*HostName must not be set*AllowedHosts*");
        Map(b => b.Services.AddJsonRpc(), app => app.MapJsonRpc("/rpc", new JsonRpcMethods().Add("x", (Stream s) => 1)))
            .Should().Throw<NotSupportedException>().WithMessage("*'x'*");

        static Action With(Action<JsonRpcServerOptions> configure) => Map(b => b.Services.AddJsonRpc(configure), app => app.MapJsonRpc("/rpc"));

        static Action Map(Action<WebApplicationBuilder> build, Action<WebApplication> map) => () =>
        {
            var builder = App.MakeBuilder();
            build(builder);
            map(builder.Build());
        };
    }

    [Fact]
    public async Task The_servers_body_limit_applies_and_not_that_of_Kestrel()
    {
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => o.Limits.MaxRequestBodySize = 40_000_000).AddMethods(methods => methods.Add("length", (string text) => text.Length)),
            app =>
            {
                app.MapJsonRpc("/rpc");
                app.MapJsonRpc("/small").WithMetadata(new RequestSizeLimitAttribute(1_000_000));
            });
        using var client = app.MakeClient();
        using var small = app.MakeClient("/small");

        (await client.CallAsync<int>("length", new { text = new string('x', 35_000_000) })).Should().Be(35_000_000, "Kestrel's own limit is 30 MB");
        (await RefusedAsync(client, 41_000_000)).Should().Contain("MaxRequestBodySize");
        (await RefusedAsync(small, 2_000_000)).Should().Contain("1000000");
        (await small.CallAsync<int>("length", new { text = new string('x', 500_000) })).Should().Be(500_000);

        static async Task<string> RefusedAsync(JsonRpcClient client, int length)
        {
            var refused = await client.Invoking(c => c.CallAsync<int>("length", new { text = new string('x', length) })).Should().ThrowAsync<Exception>();
            return refused.Which.Message;
        }
    }

    [Fact]
    public async Task No_exception_leaves_the_endpoint()
    {
        var caught = 0;
        var failures = new List<JsonRpcFailure>();
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => o.OnUnhandledException = failures.Add)
                .AddMethods(methods => methods.Add("fail", int () => throw new InvalidOperationException("inside"))),
            app =>
            {
                app.Use(async (http, next) =>
                {
                    try
                    {
                        await next(http);
                    }
                    catch
                    {
                        caught++;
                        throw;
                    }
                });
                app.MapJsonRpc("/rpc");
            });
        using var client = app.MakeClient();

        (await client.Invoking(c => c.CallAsync<int>("fail")).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.InternalError);

        caught.Should().Be(0);
        failures.Should().ContainSingle();
    }

    [Fact]
    public async Task A_method_for_authenticated_users_refuses_others_without_any_authentication()
    {
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => 1).RequireUser("one")),
            app => app.MapJsonRpc("/rpc"));
        using var client = app.MakeClient();

        (await client.Invoking(c => c.CallAsync<int>("one")).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.NotAllowed);
    }

    [Fact]
    public async Task The_applications_compression_and_decompression_work_around_the_endpoint()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddResponseCompression(o => o.MimeTypes = ["application/json"]);
                builder.Services.AddRequestDecompression();
                builder.Services.AddJsonRpc(o => o.Limits.MaxRequestBodySize = 1_000_000).AddMethods(methods => methods.Add("echo", (string text) => text));
            },
            app =>
            {
                app.UseResponseCompression();
                app.UseRequestDecompression();
                app.MapJsonRpc("/rpc");
            });
        using var http = new HttpClient(new SocketsHttpHandler { AutomaticDecompression = DecompressionMethods.None });

        using var reply = await PostAsync(new string('x', 10_000));
        reply.Content.Headers.ContentEncoding.Should().Equal("gzip");
        (await UnzipAsync(await reply.Content.ReadAsByteArrayAsync())).Should().Contain(new string('x', 10_000));
        using var bomb = await PostAsync(new string('x', 50_000_000));
        bomb.StatusCode.Should().Be(HttpStatusCode.RequestEntityTooLarge, "the decompressed size counts");

        async Task<HttpResponseMessage> PostAsync(string text)
        {
            var zipped = new MemoryStream();
            await using (var zip = new System.IO.Compression.GZipStream(zipped, System.IO.Compression.CompressionLevel.Optimal, leaveOpen: true))
                await zip.WriteAsync(Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"echo","params":["{{text}}"],"id":1}"""));
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Address, "/rpc"));
            request.Content = new ByteArrayContent(zipped.ToArray()) { Headers = { { "Content-Type", "application/json" }, { "Content-Encoding", "gzip" } } };
            request.Headers.Add("Accept-Encoding", "gzip");
            return await http.SendAsync(request);
        }

        static async Task<string> UnzipAsync(byte[] bytes)
        {
            await using var zip = new System.IO.Compression.GZipStream(new MemoryStream(bytes), System.IO.Compression.CompressionMode.Decompress);
            using var reader = new StreamReader(zip);
            return await reader.ReadToEndAsync();
        }
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("deflate")]
    [InlineData("br")]
    public async Task A_body_that_cannot_be_decompressed_is_the_callers_error(string encoding)
    {
        var failures = new List<JsonRpcFailure>();
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddRequestDecompression();
                builder.Services.AddJsonRpc(o => o.OnUnhandledException = failures.Add).AddMethods(methods => methods.Add("one", () => 1));
            },
            app =>
            {
                app.UseRequestDecompression();
                app.MapJsonRpc("/rpc");
            });
        using var http = new HttpClient();
        using var content = new StringContent(Call, null, "application/json");
        content.Headers.ContentEncoding.Add(encoding);

        using var reply = await http.PostAsync(new Uri(app.Address, "/rpc"), content);

        reply.StatusCode.Should().Be(HttpStatusCode.BadRequest);
        failures.Should().BeEmpty();
    }

    [Fact]
    public async Task A_UTF8_header_keeps_its_bytes_as_on_other_transports()
    {
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("city", (JsonRpcCall call) => call.Exchange.RequestHeaders["City"])),
            app => app.MapJsonRpc("/rpc"));
        using var http = new HttpClient(new SocketsHttpHandler { RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8 });

        using var reply = await app.SendAsync(http, HttpMethod.Post, "/rpc", """{"jsonrpc":"2.0","method":"city","id":1}""", ("City", "\u0141\u00F3d\u017A"));

        var city = JsonNode.Parse(await reply.Content.ReadAsStringAsync())!["result"]!.GetValue<string>();
        Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(city)).Should().Be("\u0141\u00F3d\u017A");
    }

    [Fact]
    public async Task Stopping_the_application_waits_for_calls_and_refuses_new_ones()
    {
        var entered = new TaskCompletionSource();
        var leave = new TaskCompletionSource();
        JsonRpcCall? running = null;
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("wait", async (JsonRpcCall call) =>
            {
                running = call;
                entered.SetResult();
                await leave.Task;
                return call.ServerStopping.IsCancellationRequested;
            }).Add("one", () => 1)),
            app => app.MapJsonRpc("/rpc"));
        using var client = app.MakeClient();
        using var second = app.MakeClient();
        (await second.CallAsync<int>("one")).Should().Be(1);
        var waiting = client.CallAsync<bool>("wait");
        await entered.Task;
        var stopping = running!.ServerStopping;

        var stopped = app.Application.StopAsync();
        var noticed = new TaskCompletionSource();
        using var registration = stopping.Register(noticed.SetResult);
        await noticed.Task;
        using var refused = await app.PostAsync("/rpc", Call);
        leave.SetResult();

        refused.StatusCode.Should().Be(HttpStatusCode.ServiceUnavailable);
        (await waiting).Should().BeTrue();
        await stopped;
    }

    [Fact]
    public async Task A_broken_HTTP_2_stream_does_not_affect_the_others()
    {
        var go = new TaskCompletionSource();
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => o.OnUnhandledException = _ => { }).AddMethods(methods => methods.Add("good", Good).Add("bad", Bad)),
            app => app.MapJsonRpc("/rpc"),
            HttpProtocols.Http2);
        var connections = 0;
        using var http = App.MakeHttpClient(HttpProtocols.Http2, new SocketsHttpHandler
        {
            ConnectCallback = async (context, token) =>
            {
                Interlocked.Increment(ref connections);
                var socket = new System.Net.Sockets.Socket(System.Net.Sockets.SocketType.Stream, System.Net.Sockets.ProtocolType.Tcp);
                await socket.ConnectAsync(context.DnsEndPoint, token);
                return new System.Net.Sockets.NetworkStream(socket, ownsSocket: true);
            },
        });
        using var client = app.MakeClient(configure: options => options.Transport = new HttpClientTransport(http));
        await using var good = client.CallStreamAsync<int>("good").GetAsyncEnumerator();
        (await good.MoveNextAsync()).Should().BeTrue();

        var bad = async () =>
        {
            await foreach (var _ in client.CallStreamAsync<int>("bad"))
            {
            }
        };

        await bad.Should().ThrowAsync<Exception>();
        go.SetResult();
        (await good.MoveNextAsync()).Should().BeTrue();
        good.Current.Should().Be(2);
        (await good.MoveNextAsync()).Should().BeFalse();
        connections.Should().Be(1);

        async IAsyncEnumerable<int> Good()
        {
            yield return 1;
            await go.Task;
            yield return 2;
        }

        static async IAsyncEnumerable<int> Bad(HttpContext http)
        {
            yield return 1;
            await Task.Yield();
            http.Abort();
            await Task.Delay(Timeout.Infinite, http.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            yield return 2;
        }
    }

    [Fact]
    public async Task A_late_call_gets_an_early_reply_and_its_request_lives_until_the_function_ends()
    {
        var leave = new TaskCompletionSource();
        var ended = new TaskCompletionSource<string>();
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => o.Limits.HandlerTimeout = TimeSpan.FromMilliseconds(50))
                .AddMethods(methods => methods.Add("late", async (HttpContext http) =>
            {
                await leave.Task;
                ended.SetResult(http.Request.Path + " " + http.RequestServices.GetRequiredService<IHostEnvironment>().EnvironmentName);
                return 1;
            })),
            app => app.MapJsonRpc("/rpc"));

        using var reply = await app.PostAsync("/rpc", """{"jsonrpc":"2.0","method":"late","id":7}""");

        (await reply.Content.ReadAsStringAsync()).Should().Contain("-32001").And.Contain("\"id\":7");
        leave.SetResult();
        (await ended.Task).Should().Be("/rpc Development");
    }

    internal sealed class Prices
    {
        public int Each { get; init; } = 10;
    }

    internal sealed class Orders(Prices prices)
    {
        public int Price(int amount) => amount * prices.Each;

        public string Version(HttpContext http) => http.Request.Protocol;

        public async IAsyncEnumerable<int> Numbers(int count)
        {
            for (var i = 0; i < count; i++)
            {
                await Task.Yield();
                yield return i;
            }
        }
    }

    internal sealed class Scoped
    {
        private int _users;

        public async Task<bool> IsAloneAsync()
        {
            var isAlone = Interlocked.Increment(ref _users) == 1;
            await Task.Yield();
            Interlocked.Decrement(ref _users);
            return isAlone;
        }
    }
}
