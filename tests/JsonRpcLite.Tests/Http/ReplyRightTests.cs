namespace JsonRpcLite.Tests;

public class ReplyRightTests
{
    /// <summary>The table of the design, one row per line. A pair that is not listed is not a move.</summary>
    private static readonly (ReplyState From, ReplyEvent Happened, ReplyState To)[] Rows =
    [
        (ReplyState.Resting, ReplyEvent.HeadCame, ReplyState.Open),
        (ReplyState.Resting, ReplyEvent.WasNoRequest, ReplyState.Refused),
        (ReplyState.Resting, ReplyEvent.Rested, ReplyState.Resting),
        (ReplyState.Open, ReplyEvent.HandlerEnded, ReplyState.Whole),
        (ReplyState.Open, ReplyEvent.Flushed, ReplyState.Streaming),
        (ReplyState.Open, ReplyEvent.GivenUp, ReplyState.Early),
        (ReplyState.Open, ReplyEvent.PeerGone, ReplyState.Gone),
        (ReplyState.Open, ReplyEvent.BodyCame, ReplyState.Open),
        (ReplyState.Open, ReplyEvent.BeganToJoin, ReplyState.Joining),
        (ReplyState.Joining, ReplyEvent.Joined, ReplyState.Open),
        (ReplyState.Joining, ReplyEvent.PeerGone, ReplyState.Gone),
        (ReplyState.Streaming, ReplyEvent.HandlerEnded, ReplyState.Ended),
        (ReplyState.Streaming, ReplyEvent.Failed, ReplyState.Aborted),
        (ReplyState.Streaming, ReplyEvent.GivenUp, ReplyState.Aborted),
        (ReplyState.Streaming, ReplyEvent.PeerGone, ReplyState.Gone),
        (ReplyState.Whole, ReplyEvent.Rested, ReplyState.Resting),
        (ReplyState.Ended, ReplyEvent.Rested, ReplyState.Resting),
        (ReplyState.Refused, ReplyEvent.Rested, ReplyState.Resting),
    ];

    /// <summary>The events that lead to a state from the initial one.</summary>
    private static readonly Dictionary<ReplyState, ReplyEvent[]> Ways = new()
    {
        [ReplyState.Resting] = [],
        [ReplyState.Open] = [ReplyEvent.HeadCame],
        [ReplyState.Joining] = [ReplyEvent.HeadCame, ReplyEvent.BeganToJoin],
        [ReplyState.Whole] = [ReplyEvent.HeadCame, ReplyEvent.HandlerEnded],
        [ReplyState.Early] = [ReplyEvent.HeadCame, ReplyEvent.GivenUp],
        [ReplyState.Streaming] = [ReplyEvent.HeadCame, ReplyEvent.Flushed],
        [ReplyState.Ended] = [ReplyEvent.HeadCame, ReplyEvent.Flushed, ReplyEvent.HandlerEnded],
        [ReplyState.Aborted] = [ReplyEvent.HeadCame, ReplyEvent.Flushed, ReplyEvent.Failed],
        [ReplyState.Gone] = [ReplyEvent.HeadCame, ReplyEvent.PeerGone],
        [ReplyState.Refused] = [ReplyEvent.WasNoRequest],
    };

    public static TheoryData<string, string> Pairs()
    {
        var pairs = new TheoryData<string, string>();
        foreach (var from in Enum.GetValues<ReplyState>())
        {
            foreach (var happened in Enum.GetValues<ReplyEvent>())
                pairs.Add(from.ToString(), happened.ToString());
        }
        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Each_state_moves_as_the_table_says_and_in_no_other_way(string fromName, string happenedName)
    {
        var (from, happened) = (Enum.Parse<ReplyState>(fromName), Enum.Parse<ReplyEvent>(happenedName));
        var rows = Rows.Where(r => r.From == from && r.Happened == happened).ToArray();
        var right = In(from);

        var hasMoved = right.TryMove(happened);

        hasMoved.Should().Be(rows.Length > 0);
        right.State.Should().Be(rows.Length > 0 ? rows[0].To : from);
    }

    [Theory]
    [InlineData("Early", true)]
    [InlineData("Aborted", true)]
    [InlineData("Gone", true)]
    [InlineData("Open", false)]
    [InlineData("Whole", false)]
    [InlineData("Streaming", false)]
    public void The_handlers_reply_is_lost_where_another_owner_has_it(string state, bool isLost) =>
        In(Enum.Parse<ReplyState>(state)).IsLost.Should().Be(isLost);

    [Fact]
    public void A_state_that_was_read_during_one_call_moves_nothing_of_the_next()
    {
        var right = In(ReplyState.Open);
        var seen = right.Look();
        right.TryMove(ReplyEvent.HandlerEnded);
        right.TryMove(ReplyEvent.Rested);
        right.TryMove(ReplyEvent.HeadCame);

        right.TryMove(seen, ReplyEvent.GivenUp).Should().BeFalse();
        right.TryCancel(seen).Should().BeFalse();

        right.State.Should().Be(ReplyState.Open);
        right.Look().IsCancelled.Should().BeFalse();
        right.TryMove(right.Look(), ReplyEvent.GivenUp).Should().BeTrue();
    }

    [Fact]
    public void A_call_seen_waiting_for_its_body_cannot_be_refused_after_the_body_has_arrived()
    {
        var right = In(ReplyState.Open);
        var seen = right.Look();
        right.TryMove(ReplyEvent.BodyCame).Should().BeTrue();

        right.TryMove(seen, ReplyEvent.GivenUp).Should().BeFalse();
        right.State.Should().Be(ReplyState.Open);
    }

    [Fact]
    public void A_reply_that_is_taken_from_its_handler_is_cancelled_by_the_same_swap()
    {
        foreach (var (from, happened, _) in Rows.Where(r => r.Happened is ReplyEvent.GivenUp or ReplyEvent.PeerGone))
        {
            var right = In(from);

            right.TryMove(right.Look(), happened);

            right.Look().IsCancelled.Should().BeTrue();
        }
    }

    [Fact]
    public void A_call_is_cancelled_once_and_its_handler_keeps_the_reply()
    {
        var right = In(ReplyState.Open);

        var first = right.TryCancel(right.Look());
        var second = right.TryCancel(right.Look());

        (first, second).Should().Be((true, false));
        right.TryMove(ReplyEvent.HandlerEnded).Should().BeTrue();
        right.State.Should().Be(ReplyState.Whole);
        right.Look().IsCancelled.Should().BeTrue("the source must not become the next call's");
        right.TryMove(ReplyEvent.Rested);
        right.Look().IsCancelled.Should().BeFalse();
    }

    [Theory]
    [InlineData("Resting")]
    [InlineData("Whole")]
    [InlineData("Ended")]
    [InlineData("Refused")]
    public void Nothing_is_cancelled_while_no_function_runs(string state)
    {
        var right = In(Enum.Parse<ReplyState>(state));

        right.TryCancel(right.Look()).Should().BeFalse();
    }

    private static ReplyRight In(ReplyState state)
    {
        var right = default(ReplyRight);
        foreach (var happened in Ways[state])
            right.TryMove(happened).Should().BeTrue();
        right.State.Should().Be(state);
        return right;
    }
}
