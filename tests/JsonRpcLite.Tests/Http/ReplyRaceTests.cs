using System.Buffers.Text;
using System.Net;

namespace JsonRpcLite.Tests;

/// <summary>
/// The end of the handler, the watch, the end of the drain, a disconnecting client, and the next call on the same exchange race for one reply. Chain, watch, early replies and
/// drain are the server's own. REPLY_RACE_CALLS sets the number of calls, which by default suits a test run; .ci/long sets more.
/// </summary>
public class ReplyRaceTests
{
    private const int Flows = 2;
    private const int MostCallsOfAFlow = 4_000_000;

    private static readonly int LeastCallsOfAFlow =
        int.Parse(Environment.GetEnvironmentVariable("REPLY_RACE_CALLS") ?? "200000", System.Globalization.CultureInfo.InvariantCulture) / Flows;

    /// <summary>How often each attacker must win for the race to be a real one, however busy the machine is.</summary>
    private const int LeastWins = 100;

    /// <summary>How often an attacker spares a call, because each call that it wins costs an exchange.</summary>
    private const int Spared = 256;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly RacingExchange[] _current = new RacingExchange[Flows];

    /// <summary>The number of replies that each call has got, of any kind.</summary>
    private readonly int[] _replies = new int[Flows * MostCallsOfAFlow];

    private readonly JumpingClock _clock = new();
    private int _strange;
    private int _calls;
    private int _disconnected;
    private int _lateReplies;
    private int _drainReplies;
    private volatile bool _isOver;

    [Fact]
    public async Task Every_call_gets_one_reply_and_its_own()
    {
        var options = new JsonRpcServerOptions { TimeProvider = _clock, Transport = new BareTransport(), Limits = { HandlerTimeout = TimeSpan.FromMinutes(1) } };
        using var chain = HandlerChain.ForExchanges(options, FailureReport.ToStandardError, Answer);
        var limits = new HttpLimits();
        var flows = Enumerable.Range(0, Flows).Select(flow => OwnThread.Run(() => Run(flow, chain, limits))).ToArray();
        Task[] attackers =
        [
            OwnThread.Run(() => Repeat(_clock.JumpAndLook)),
            OwnThread.Run(() => Repeat(() => chain.Watch.EndSurvivorsAsync().Wait(Patience))),
            OwnThread.Run(() => Repeat(Disconnect)),
        ];

        await Task.WhenAll(flows);
        _isOver = true;
        await Task.WhenAll(attackers);

        // The last early replies may still be on their way.
        var replies = new ArraySegment<int>(_replies, 0, _calls);
        SpinWait.SpinUntil(() => replies.All(n => n > 0), Patience);
        _strange.Should().Be(0, "no reply belongs to another call");
        replies.Count(n => n == 0).Should().Be(0, "no reply is lost");
        replies.Count(n => n > 1).Should().Be(0, "no reply is sent twice");
        HaveAllWon.Should().BeTrue("the watch, the drain and disconnected peers must have won sometimes");
    }

    private bool HaveAllWon => Volatile.Read(ref _lateReplies) >= LeastWins && Volatile.Read(ref _drainReplies) >= LeastWins && Volatile.Read(ref _disconnected) >= LeastWins;

    private static ValueTask Answer(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var id = ((RacingExchange)exchange).Id;
        Utf8Formatter.TryFormat(id, exchange.ResponseBody.GetSpan(16), out var length);
        exchange.ResponseBody.Advance(length);
        // Time for the other threads to see the call.
        Thread.SpinWait(id % 32);
        return default;
    }

    private void Run(int flow, HandlerChain chain, HttpLimits limits)
    {
        var exchange = _current[flow] = new RacingExchange(this, limits);
        for (var n = 0; n < LeastCallsOfAFlow || n < MostCallsOfAFlow && !HaveAllWon; n++)
        {
            var id = Interlocked.Increment(ref _calls) - 1;
            exchange.Begin(id);
            var serving = chain.ServeAsync(exchange, CancellationToken.None);
            var outcome = serving.IsCompletedSuccessfully ? serving.Result : throw new InvalidOperationException("The handler completes at once.");
            if (outcome == ExchangeOutcome.LeftBehind)
                Volatile.Write(ref _current[flow], exchange = new RacingExchange(this, limits));
            else if (!exchange.TryRest())
                Interlocked.Increment(ref _strange);
        }
    }

    private void Repeat(Action attack)
    {
        for (var n = 1; !_isOver; n++)
        {
            if (n % Spared == 0)
                attack();
            else
                Thread.SpinWait(20);
        }
    }

    /// <summary>As a transport does on another thread: reads the state word, decides on it, and moves exactly that word.</summary>
    private void Disconnect()
    {
        foreach (var exchange in _current)
        {
            if (exchange?.Right.Look() is not { State: ReplyState.Open } seen)
                continue;
            var id = exchange.Id;
            if (!exchange.TryTake(seen, ReplyEvent.PeerGone))
                continue;
            Interlocked.Increment(ref _disconnected);
            if (id != exchange.Id)
                Interlocked.Increment(ref _strange);
            Interlocked.Increment(ref _replies[id]);
        }
    }

    /// <summary>Its time jumps by more than the time limit of a call, and its only timer fires when the test decides.</summary>
    private sealed class JumpingClock : TimeProvider
    {
        private long _now = 1;
        private Action? _look;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Volatile.Read(ref _now);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            _look = () => callback(state);
            return new Unset();
        }

        public void JumpAndLook()
        {
            Interlocked.Add(ref _now, TimeSpan.FromMinutes(2).Ticks);
            _look!();
        }

        private sealed class Unset : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => default;
        }
    }

    private sealed class RacingExchange(ReplyRaceTests test, HttpLimits limits) : HttpExchange(limits)
    {
        private int _id;

        public int Id => Volatile.Read(ref _id);

        public void Begin(int id)
        {
            Volatile.Write(ref _id, id);
            Method = "GET";
            ProtocolVersion = HttpVersion.Version10;
        }

        public bool TryRest() => TryReset();

        protected internal override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
        {
            if (head.IsEarly)
                Interlocked.Increment(ref head.StatusCode == 504 ? ref test._lateReplies : ref test._drainReplies);
            else if (!Utf8Parser.TryParse(body.Span, out int id, out _) || id != Id)
                Interlocked.Increment(ref test._strange);
            if (head.IsEarly != IsLost)
                Interlocked.Increment(ref test._strange);
            Interlocked.Increment(ref test._replies[Id]);
            return default;
        }
    }
}
