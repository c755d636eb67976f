using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests.Server;

public sealed class ExchangePoolTests : IDisposable
{
    private readonly ConnectionUnderTest _parts = new((_, _) => default);

    private ExchangePool Pool => _parts.Gate.Exchanges;

    public void Dispose() => _parts.Dispose();

    [Fact]
    public void An_exchange_that_was_returned_on_one_core_is_rented_on_another()
    {
        SocketExchange[] returned = [Pool.Rent(), Pool.Rent(), Pool.Rent()];
        foreach (var exchange in returned)
            Pool.Return(exchange, core: 1);

        object[] rented = [Pool.Rent(core: 0), Pool.Rent(core: 0), Pool.Rent(core: 0)];

        rented.ToHashSet(ReferenceEqualityComparer.Instance).SetEquals(returned).Should().BeTrue();
    }

    [Fact]
    public void The_exchange_that_was_returned_last_on_a_core_is_rented_first_there()
    {
        SocketExchange[] returned = [Pool.Rent(), Pool.Rent()];
        Pool.Return(returned[0], core: 0);
        Pool.Return(returned[1], core: 1);

        Pool.Rent(core: 1).Should().BeSameAs(returned[1]);
    }

    [Fact]
    public void A_burst_is_not_remembered_for_ever()
    {
        var burst = Enumerable.Range(0, 2 * Housekeeping.MaxIdle).Select(_ => Pool.Rent()).ToHashSet<object>(ReferenceEqualityComparer.Instance);
        foreach (SocketExchange exchange in burst)
            Pool.Return(exchange);

        var kept = Enumerable.Range(0, 2 * Housekeeping.MaxIdle).Count(_ => burst.Contains(Pool.Rent()));

        kept.Should().BeInRange(1, Housekeeping.MaxIdle);
    }

    [Fact]
    public async Task An_exchange_is_never_rented_twice_at_a_time()
    {
        var owners = new System.Runtime.CompilerServices.ConditionalWeakTable<SocketExchange, StrongBox>();
        var threads = Enumerable.Range(0, 4).Select(_ => OwnThread.Run(() =>
        {
            var isShared = false;
            for (var i = 0; i < 50_000; i++)
            {
                var exchange = Pool.Rent(core: 0);
                var box = owners.GetValue(exchange, _ => new StrongBox());
                isShared |= Interlocked.Increment(ref box.Owners) != 1;
                Interlocked.Decrement(ref box.Owners);
                Pool.Return(exchange, core: 0);
            }
            return isShared;
        }));

        (await Task.WhenAll(threads).WaitAsync(TimeSpan.FromSeconds(60))).Should().NotContain(true);
    }

    private sealed class StrongBox
    {
        public int Owners;
    }
}
