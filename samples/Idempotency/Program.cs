using System.Collections.Concurrent;
using Idempotency;
using JsonRpcLite;
using Shared;
using StackExchange.Redis;

var arguments = new CommandLine(args, port: 12345, "--redis HOST:PORT");

// With Redis, any number of servers share the keys and the orders; without it, this server keeps both in memory.
var redis = arguments["--redis"] is { } address ? (await ConnectionMultiplexer.ConnectAsync(address)).GetDatabase() : null;
IdempotencyStore store = redis is null ? new MemoryIdempotencyStore() : new RedisIdempotencyStore(redis, retention: TimeSpan.FromHours(24));
var orders = new ConcurrentDictionary<string, long>();

var methods = new JsonRpcMethods()
    .UseIdempotency(store, new() { Lease = TimeSpan.FromSeconds(30) })
    .Add("order.place", [JsonRpcMethod(RequiresIdempotencyKey = true)] async (string item) =>
    {
        var placed = redis is null ? orders.AddOrUpdate(item, 1, (_, n) => n + 1) : await redis.HashIncrementAsync("orders", item);
        return new { item, placed };
    })
    .Add("order.count", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] async (string item) =>
        redis is null ? orders.GetValueOrDefault(item) : (long)await redis.HashGetAsync("orders", item));

return await ConsoleServer.RunAsync(() => JsonRpc.MakeServer(arguments.Port, methods));
