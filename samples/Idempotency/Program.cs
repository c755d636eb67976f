using System.Collections.Concurrent;
using System.Globalization;
using Idempotency;
using JsonRpcLite;
using StackExchange.Redis;

var (port, redisAddress) = ((ushort)12345, (string?)null);
for (var i = 0; i + 1 < args.Length; i += 2)
    (port, redisAddress) = args[i] switch
    {
        "--port" => (ushort.Parse(args[i + 1], CultureInfo.InvariantCulture), redisAddress),
        "--redis" => (port, args[i + 1]),
        var other => throw new ArgumentException($"{other} is neither --port nor --redis."),
    };

// With Redis, any number of servers share the keys and the orders; without, this one keeps both in its memory.
var redis = redisAddress is null ? null : (await ConnectionMultiplexer.ConnectAsync(redisAddress)).GetDatabase();
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

using var server = JsonRpc.MakeServer(port, methods);
Console.WriteLine($"Listening on {server.Address}");
await server.RunUntilSignalAsync();
