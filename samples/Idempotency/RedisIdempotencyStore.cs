using System.Security.Cryptography;
using JsonRpcLite;
using StackExchange.Redis;

namespace Idempotency;

/// <summary>Keeps idempotency keys in Redis, for all servers that share it: a hash for each key, changed by scripts, which Redis runs one after another.</summary>
internal sealed class RedisIdempotencyStore(IDatabase redis, TimeSpan retention) : IdempotencyStore
{
    private const string Begin = """
        local kept = redis.call('HMGET', KEYS[1], 'fingerprint', 'outcome', 'lease')
        local time = redis.call('TIME')
        local now = time[1] * 1000 + math.floor(time[2] / 1000)
        if not kept[1] then
            redis.call('HSET', KEYS[1], 'fingerprint', ARGV[1], 'reservation', ARGV[2], 'lease', now + ARGV[3])
            redis.call('PEXPIRE', KEYS[1], ARGV[3] + ARGV[4])
            return {'New'}
        end
        if kept[1] ~= ARGV[1] then return {'KeyReused'} end
        if kept[2] then return {'Completed', kept[2]} end
        return {now < tonumber(kept[3]) and 'InProgress' or 'Unknown'}
        """;

    private const string Complete = "if redis.call('HGET', KEYS[1], 'reservation') == ARGV[1] then redis.call('HSET', KEYS[1], 'outcome', ARGV[2]) end";
    private const string Abandon = "if redis.call('HGET', KEYS[1], 'reservation') == ARGV[1] then redis.call('DEL', KEYS[1]) end";

    public override async ValueTask<IdempotencyEntry> BeginAsync(IdempotencyStoreKey key, ReadOnlyMemory<byte> fingerprint, TimeSpan lease, CancellationToken cancellationToken)
    {
        var reservation = BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long)));
        var known =
            (RedisResult[])(await redis.ScriptEvaluateAsync(Begin, [KeyOf(key)], [fingerprint, reservation, (long)lease.TotalMilliseconds, (long)retention.TotalMilliseconds]))!;
        return new(Enum.Parse<IdempotencyState>((string)known[0]!), reservation, known.Length > 1 ? (byte[])known[1]! : []);
    }

    public override async ValueTask CompleteAsync(IdempotencyStoreKey key, long reservation, ReadOnlyMemory<byte> outcome) =>
        await redis.ScriptEvaluateAsync(Complete, [KeyOf(key)], [reservation, outcome]);

    public override async ValueTask AbandonAsync(IdempotencyStoreKey key, long reservation) => await redis.ScriptEvaluateAsync(Abandon, [KeyOf(key)], [reservation]);

    private static RedisKey KeyOf(IdempotencyStoreKey key) => $"idempotency:{key.Text}";
}
