using System.Buffers.Text;
using System.Net;

namespace JsonRpcLite.Tests;

/// <summary>The handler's end, the watch, the stop and a reset race for the replies of exchanges that are used again and again.</summary>
public class ReplyRaceTests
{
    private const int Flows = 2;
    private const int CallsOfAFlow = 500_000;

    /// <summary>How often an attacker leaves a call alone; one that it wins costs the exchange.</summary>
    private const int Spared = 64;

    private readonly RacingExchange[] _current = new RacingExchange[Flows];

    /// <summary>How many replies each call has got, of whatever kind.</summary>
    private readonly int[] _replies = new int[Flows * CallsOfAFlow];

    private int _strange;
    private int _taken;
    private volatile bool _isOver;

    [Fact]
    public async Task A_million_calls_get_one_reply_each_and_their_own()
    {
        var transport = new BareTransport();
        using var server = JsonRpc.MakeServer(0, Answer, new() { Transport = transport });
        var flows = Enumerable.Range(0, Flows).Select(flow => OwnThread.Run(() => Run(flow, transport.Context))).ToArray();
        var attackers = new[] { ReplyEvent.GivenUp, ReplyEvent.GivenUp, ReplyEvent.PeerGone }.Select((happened, n) => OwnThread.Run(() => Attack(happened, n))).ToArray();

        await Task.WhenAll(flows);
        _isOver = true;
        await Task.WhenAll(attackers);

        _strange.Should().Be(0, "no reply belongs to another call");
        _replies.Count(n => n == 0).Should().Be(0, "none is lost");
        _replies.Count(n => n > 1).Should().Be(0, "none is sent twice");
        _taken.Should().BeGreaterThan(100, "the race must have been one");
    }

    private static ValueTask Answer(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var id = ((RacingExchange)exchange).Id;
        Utf8Formatter.TryFormat(id, exchange.ResponseBody.GetSpan(16), out var length);
        exchange.ResponseBody.Advance(length);
        // Time for the others to see the call.
        Thread.SpinWait(id % 32);
        return default;
    }

    private void Run(int flow, ServerTransportContext context)
    {
        var exchange = _current[flow] = new RacingExchange(this, context);
        for (var n = 0; n < CallsOfAFlow; n++)
        {
            exchange.Id = flow * CallsOfAFlow + n;
            var serving = context.ServeAsync(exchange, CancellationToken.None);
            var outcome = serving.IsCompletedSuccessfully ? serving.Result : throw new InvalidOperationException("The handler ends at once.");
            if (outcome == ExchangeOutcome.LeftBehind)
                Volatile.Write(ref _current[flow], exchange = new RacingExchange(this, context));
            else if (!exchange.TryRest())
                Interlocked.Increment(ref _strange);
        }
    }

    /// <summary>As the watch does: the word, the fields that it stands for, the move of that very word.</summary>
    private void Attack(ReplyEvent happened, int seed)
    {
        for (var n = seed; !_isOver; n++)
        {
            if (Volatile.Read(ref _current[n % Flows]) is not { } exchange)
                continue;
            var seen = exchange.Right.Look();
            var id = exchange.Id;
            if (seen.State != ReplyState.Open || n % Spared != 0 || !exchange.TryTake(seen, happened))
                continue;
            Interlocked.Increment(ref _taken);
            if (id != exchange.Id)
                Interlocked.Increment(ref _strange);
            Interlocked.Increment(ref _replies[id]);
        }
    }

    private sealed class RacingExchange(ReplyRaceTests test, ServerTransportContext context) : HttpExchange(context.Limits)
    {
        private int _id;

        public int Id
        {
            get => Volatile.Read(ref _id);
            set
            {
                Volatile.Write(ref _id, value);
                Method = "GET";
                ProtocolVersion = HttpVersion.Version10;
            }
        }

        public bool TryRest() => TryReset();

        protected internal override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body)
        {
            if (!Utf8Parser.TryParse(body.Span, out int id, out _) || id != Id || head.IsEarly)
                Interlocked.Increment(ref test._strange);
            else
                Interlocked.Increment(ref test._replies[id]);
            return default;
        }
    }
}
