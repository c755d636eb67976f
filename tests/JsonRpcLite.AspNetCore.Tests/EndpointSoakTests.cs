using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>
/// Exchanges are reused for other requests: concurrent calls of all kinds, some of which leave their exchange behind, must never see anything of another. SOAK_ROUNDS
/// makes it longer.
/// </summary>
public sealed class EndpointSoakTests
{
    private const int Callers = 16;

    private static readonly int Rounds = Environment.GetEnvironmentVariable("SOAK_ROUNDS") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : 60;

    private readonly ConcurrentQueue<string> _crossed = [];

    private int _answered, _late, _left;

    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task No_call_sees_anything_of_another(HttpProtocols protocols)
    {
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(options =>
            {
                options.Limits.HandlerTimeout = TimeSpan.FromMilliseconds(30);
                options.OnUnhandledException = failure => _crossed.Enqueue(failure.ToString());
            }).AddMethods(methods => methods
                .Add("echo", (int number, string text, HttpContext http) => Answer(number, text, http))
                .Add("later", async (int number, string text, HttpContext http) =>
                {
                    await Task.Yield();
                    return Answer(number, text, http);
                })
                .Add("late", LateAsync)
                .Add("items", ItemsAsync)),
            app => app.MapJsonRpc("/rpc"),
            protocols);
        using var http = App.MakeHttpClient(protocols);

        await Task.WhenAll(Enumerable.Range(0, Callers).Select(caller => Task.Run(() => CallAsync(app, http, caller))));

        _crossed.Should().BeEmpty();
        _answered.Should().BePositive();
        _late.Should().BePositive("some calls are late, and leave their exchange behind");
        _left.Should().BePositive("some callers leave before the answer");
    }

    private string Answer(int number, string text, HttpContext http)
    {
        if (http.Request.Headers["Caller"] != Caller(number))
            _crossed.Enqueue($"{number} came with {http.Request.Headers["Caller"]}");
        return $"{number}:{text.Length}";
    }

    /// <summary>Ends after its early reply, and still reads its own request then.</summary>
    private async Task<string> LateAsync(int number, string text, HttpContext http, CancellationToken token)
    {
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var registration = token.Register(cancelled.SetResult);
        await cancelled.Task;
        await Task.Yield();
        return Answer(number, text, http);
    }

    private async IAsyncEnumerable<string> ItemsAsync(int number, string text, HttpContext http)
    {
        for (var i = 0; i < 5; i++)
        {
            if (i % 2 == 0)
                await Task.Yield();
            yield return Answer(number, text, http);
        }
    }

    private async Task CallAsync(App app, HttpClient http, int caller)
    {
        var random = new Random(caller);
        using var client = app.MakeClient(configure: options =>
        {
            options.Transport = new HttpClientTransport(http);
            options.Headers["Caller"] = Caller(caller * 1_000_000);
        });
        for (var round = 0; round < Rounds; round++)
        {
            var number = caller * 1_000_000 + round % 1_000_000;
            var parameters = new { number, text = new string('x', random.Next(random.Next(5) == 0 ? 200_000 : 500)) };
            var expected = $"{number}:{parameters.text.Length}";
            try
            {
                switch (random.Next(6))
                {
                    case 0:
                        var batch = client.CreateBatch();
                        var calls = Enumerable.Range(0, 5).Select(i => batch.CallAsync<string>(i % 2 == 0 ? "echo" : "later", parameters)).ToList();
                        await batch.SendAsync();
                        foreach (var call in calls)
                            Check(expected, await call);
                        break;
                    case 1:
                        await foreach (var item in client.CallStreamAsync<string>("items", parameters))
                            Check(expected, item);
                        break;
                    case 2:
                        await client.Invoking(c => c.CallAsync<string>("late", parameters)).Should().ThrowAsync<JsonRpcException>();
                        Interlocked.Increment(ref _late);
                        break;
                    case 3:
                        // Before it is sent, on the wire, or while it runs.
                        using (var leave = new CancellationTokenSource(random.Next(7)))
                        {
                            try
                            {
                                Check(expected, await client.CallAsync<string>(random.Next(2) == 0 ? "late" : "echo", parameters, leave.Token));
                            }
                            catch (OperationCanceledException)
                            {
                                Interlocked.Increment(ref _left);
                            }
                        }
                        break;
                    default:
                        Check(expected, await client.CallAsync<string>(random.Next(2) == 0 ? "echo" : "later", parameters));
                        break;
                }
            }
            catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.TimedOut)
            {
                // The machine is busy: a quick call was late.
                Interlocked.Increment(ref _late);
            }
        }
    }

    private void Check(string expected, string? actual)
    {
        Interlocked.Increment(ref _answered);
        if (actual != expected)
            _crossed.Enqueue($"expected {expected}, got {actual}");
    }

    private static string Caller(int number) => (number / 1_000_000).ToString(CultureInfo.InvariantCulture);
}
