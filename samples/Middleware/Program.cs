// One server and one client with middleware, and what it prints. README.md beside this file says what to look at.
using System.Collections.Concurrent;
using Middleware;
using static JsonRpcLite.JsonRpc;

const int CallsAtOnce = 50;

var stock = new ConcurrentDictionary<string, int>();
var methods = new JsonRpcMethods()
    // The first is the outermost: the audit sees what the permissions refuse.
    .Use(new AuditLog(Console.Out).CallAsync)
    .Use(CallLog.To(Console.Out))
    .Use(Permissions.Check)
    .Add("stock.get", (string item) => stock.GetValueOrDefault(item))
    .Add("stock.set", [Needs("stock.write")] (string item, int count) => stock[item] = count)
    .Add("slow", (CancellationToken token) => Task.Delay(Timeout.InfiniteTimeSpan, token));

var sessions = new Sessions();
var rejected = 0;
var options = new JsonRpcServerOptions { Authenticate = sessions.AuthenticateAsync, Limits = { HandlerTimeout = TimeSpan.FromSeconds(3) } };
// Around exchanges, since a request that is rejected with 401 never becomes a call.
options.Use(next => async (exchange, cancellationToken) =>
{
    await next(exchange, cancellationToken);
    if (exchange.StatusCode == 401)
        Interlocked.Increment(ref rejected);
});
using var server = MakeServer(0, methods, options);

var refreshes = 0;
using var ann = ClientOf(() =>
{
    Interlocked.Increment(ref refreshes);
    return Task.FromResult(sessions.Issue("Ann", "stock.write"));
});
using var bob = ClientOf(() => Task.FromResult(sessions.Issue("Bob", permission: null)));

await ann.CallAsync("stock.set", new { item = "tea", count = 3 });
Console.WriteLine($"Bob sees {await bob.CallAsync<int>("stock.get", new { item = "tea" })}");
await Try(() => bob.CallAsync("stock.set", new { item = "tea", count = 0 }));
await Try(() => bob.CallAsync("slow"));
await ann.NotifyAsync("stock.set", new { item = "tea", count = 4 });

sessions.RevokeAll();
await Task.WhenAll(Enumerable.Range(0, CallsAtOnce).Select(_ => ann.CallAsync<int>("stock.get", new { item = "tea" })));
Console.WriteLine($"Of {CallsAtOnce} calls at once {rejected} were rejected, and the token was refreshed {refreshes - 1} time(s).");

JsonRpcClient ClientOf(Func<Task<string>> getToken) => MakeClient(server.Address, new JsonRpcClientOptions().Use(new TokenRefresh(getToken).SendAsync));

static async Task Try(Func<Task> call)
{
    try
    {
        await call();
    }
    catch (JsonRpcException e)
    {
        Console.WriteLine($"Bob gets {e.Code}: {e.Message}");
    }
}
