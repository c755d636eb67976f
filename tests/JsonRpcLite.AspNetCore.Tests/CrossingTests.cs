using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>Exchanges are used again for other requests: none may see anything of another.</summary>
public class CrossingTests
{
    [Theory]
    [InlineData(HttpProtocols.Http1)]
    [InlineData(HttpProtocols.Http2)]
    public async Task No_request_sees_another_where_some_are_late_and_some_are_cancelled(HttpProtocols protocols)
    {
        var (good, crossed) = (0, 0);
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => o.Limits.HandlerTimeout = TimeSpan.FromMilliseconds(50)).AddMethods(methods => methods.Add("echo", EchoAsync)),
            app => app.MapJsonRpc("/rpc"),
            protocols);
        using var http = new HttpClient(new SocketsHttpHandler { MaxConnectionsPerServer = 32 })
        {
            DefaultRequestVersion = protocols == HttpProtocols.Http2 ? HttpVersion.Version20 : HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };

        await Parallel.ForEachAsync(Enumerable.Range(0, 1000), new ParallelOptions { MaxDegreeOfParallelism = 32 }, (number, _) => CallAsync(number));

        crossed.Should().Be(0);
        good.Should().BeGreaterThan(0);

        // Every tenth is late: its early reply leaves while it runs, and it looks at its request afterwards.
        // On a busy machine others are late, too, and their replies have no id where the call was not read yet.
        async Task<int> EchoAsync(int number, string text, JsonRpcCall call, HttpContext request)
        {
            if (number % 10 == 0)
                await Task.Delay(100, CancellationToken.None);
            if (call.GetHttpContext() != request || request.Request.Headers["Number"] != number.ToString(CultureInfo.InvariantCulture))
                Interlocked.Increment(ref crossed);
            return text.Length > 0 ? number : -1;
        }

        async ValueTask CallAsync(int number)
        {
            using var patience = new CancellationTokenSource();
            if (number % 10 is 1 or 2)
                patience.CancelAfter(number % 7);
            var text = new string('x', number % 10 is 2 or 3 ? 100_000 : 10);
            var body = $$"""{"jsonrpc":"2.0","method":"echo","params":{"number":{{number}},"text":"{{text}}"},"id":{{number}}}""";
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(app.Address, "/rpc"));
            (request.Version, request.VersionPolicy) = (http.DefaultRequestVersion, http.DefaultVersionPolicy);
            request.Content = new StringContent(body, null, "application/json");
            request.Headers.Add("Number", number.ToString(CultureInfo.InvariantCulture));
            try
            {
                using var reply = await http.SendAsync(request, patience.Token);
                var answer = await reply.Content.ReadAsStringAsync(patience.Token);
                if (answer == $$"""{"jsonrpc":"2.0","result":{{number}},"id":{{number}}}""")
                    Interlocked.Increment(ref good);
                else if (!answer.Contains("-32001", StringComparison.Ordinal)
                    || !(answer.EndsWith($"\"id\":{number}}}", StringComparison.Ordinal) || answer.EndsWith("\"id\":null}", StringComparison.Ordinal)))
                    Interlocked.Increment(ref crossed);
            }
            catch (OperationCanceledException)
            {
                // As it was told to.
            }
        }
    }
}
