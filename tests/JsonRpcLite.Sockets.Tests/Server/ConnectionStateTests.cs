using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests.Server;

/// <summary>The table of a connection, row by row, and the guarantees of its state word for racing threads.</summary>
public sealed class ConnectionStateTests : IDisposable
{
    /// <summary>From, event: to, time, work. All other combinations must have no row.</summary>
    private static readonly string[] Rows =
    [
        "Opening FirstByte: Head AsBefore None",
        "Opening TurnedAway: Refusing AsBefore None",
        "Opening DeadlinePassed: Closed Unlimited Close",
        "Opening ShutdownBegan: Closed Unlimited Close",
        "Opening Ended: Closed Unlimited Close",
        "Idle FirstByte: Head Head None",
        "Idle DeadlinePassed: Closed Unlimited Close",
        "Idle ShutdownBegan: Closed Unlimited Close",
        "Idle Ended: Closed Unlimited Close",
        "Head HeadCame: Handling Unlimited None",
        "Head FramingBroken: Handling Unlimited None",
        "Head PeerClosed: Closed Unlimited Close",
        "Head DeadlinePassed: Refusing Piece RefuseHead",
        "Head ShutdownBegan: Closed Unlimited Close",
        "Head Ended: Closed Unlimited Close",
        "Refusing RefusalBegins: SendingEarly Piece None",
        "Refusing DeadlinePassed: Closed Unlimited Close",
        "Refusing ShutdownBegan: Closed Unlimited Close",
        "Refusing Ended: Closed Unlimited Close",
        "Handling ReplyBegins: Sending Piece None",
        "Handling EarlyReplyBegins: SendingEarly Piece None",
        "Handling StreamBroken: Closed Unlimited Abort",
        "Handling PartBegins: SendingPart Piece None",
        "Handling PeerReset: Gone Unlimited CancelAndClose",
        "Handling Ended: Closed Unlimited Close",
        "Streaming ReplyBegins: Sending Piece None",
        "Streaming PartBegins: SendingPart Piece None",
        "Streaming StreamBroken: Closed Unlimited Abort",
        "Streaming PeerReset: Gone Unlimited CancelAndClose",
        "Streaming Ended: Closed Unlimited Close",
        "SendingPart PieceSent: SendingPart Piece None",
        "SendingPart PartSent: Streaming Unlimited None",
        "SendingPart StreamBroken: Closed Unlimited Abort",
        "SendingPart DeadlinePassed: Gone Unlimited CancelAndAbort",
        "SendingPart Ended: Closed Unlimited Close",
        "Sending PieceSent: Sending Piece None",
        "Sending ReplySent: Idle Idle None",
        "Sending ReplySentInputHere: Head Head None",
        "Sending LastReplySent: Lingering Linger None",
        "Sending DeadlinePassed: Closed Unlimited Abort",
        "Sending Ended: Closed Unlimited Close",
        "SendingEarly PieceSent: SendingEarly Piece None",
        "SendingEarly EarlyReplySent: Lingering Linger None",
        "SendingEarly DeadlinePassed: Closed Unlimited Abort",
        "SendingEarly Ended: Closed Unlimited Close",
        "Lingering DeadlinePassed: Closed Unlimited Close",
        "Lingering Ended: Closed Unlimited Close",
    ];

    private readonly ConnectionUnderTest _parts = new((_, _) => default);

    public static TheoryData<string> Phases => [.. Enum.GetNames<ConnectionPhase>()];

    public void Dispose() => _parts.Dispose();

    [Theory]
    [MemberData(nameof(Phases))]
    public void A_phase_has_the_rows_of_the_list_and_no_others(string phase)
    {
        var from = Enum.Parse<ConnectionPhase>(phase);

        var rows = from happened in Enum.GetValues<ConnectionEvent>()
                   let step = ConnectionState.Next(@from, happened)
                   where step is not null
                   select $"{@from} {happened}: {step.Value.To} {step.Value.Time} {step.Value.Work}";

        rows.Should().BeEquivalentTo(Rows.Where(row => row.StartsWith(phase + " ", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_move_without_a_row_changes_nothing_and_requests_no_work()
    {
        var state = new ConnectionState(_parts.ConnectionClock);
        var before = state.Look();

        state.TryMove(ConnectionEvent.ReplyBegins, out var work).Should().BeFalse();

        work.Should().Be(ConnectionWork.None);
        state.Look().Should().Be(before);
    }

    [Fact]
    public void The_deadline_of_the_first_head_starts_with_the_connection_and_later_heads_have_their_own()
    {
        var state = new ConnectionState(_parts.ConnectionClock);
        var first = state.Look().Deadline;

        _parts.Clock.Advance(TimeSpan.FromSeconds(10));
        state.TryMove(ConnectionEvent.FirstByte, out _);
        state.Look().Deadline.Should().Be(first);
        Move(state, ConnectionEvent.HeadCame, ConnectionEvent.ReplyBegins, ConnectionEvent.ReplySentInputHere);

        state.Look().Deadline.Should().Be(first + 10_000);
    }

    [Fact]
    public void A_decision_on_a_stale_state_moves_nothing()
    {
        var state = new ConnectionState(_parts.ConnectionClock);
        Move(state, ConnectionEvent.FirstByte, ConnectionEvent.HeadCame, ConnectionEvent.ReplyBegins, ConnectionEvent.ReplySentInputHere);
        var seen = state.Look();
        _parts.Clock.Advance(TimeSpan.FromSeconds(20));

        // The head arrives after all, and another one begins.
        Move(state, ConnectionEvent.HeadCame, ConnectionEvent.ReplyBegins, ConnectionEvent.ReplySentInputHere);

        state.TryMove(seen, ConnectionEvent.DeadlinePassed, out var work).Should().BeFalse();
        (state.Phase, work).Should().Be((ConnectionPhase.Head, ConnectionWork.None));
    }

    [Fact]
    public void Without_a_limit_the_deadline_never_passes()
    {
        var state = new ConnectionState(_parts.ConnectionClock);

        Move(state, ConnectionEvent.FirstByte, ConnectionEvent.HeadCame);

        state.Look().Deadline.Should().Be(ConnectionState.NoDeadline).And.BePositive();
    }

    [Fact]
    public async Task One_of_the_threads_that_race_for_a_connection_closes_it()
    {
        ConnectionEvent[] events = [ConnectionEvent.DeadlinePassed, ConnectionEvent.ShutdownBegan, ConnectionEvent.Ended];
        var states = Enumerable.Range(0, 5000).Select(_ => new ConnectionState(_parts.ConnectionClock)).ToArray();
        var closers = new int[states.Length];
        using var all = new Barrier(events.Length);

        var threads = events.Select(happened => OwnThread.Run(() =>
        {
            for (var i = 0; i < states.Length; i++)
            {
                all.SignalAndWait(TimeSpan.FromSeconds(30)).Should().BeTrue();
                if (states[i].TryMove(happened, out var work) && work == ConnectionWork.Close)
                    Interlocked.Increment(ref closers[i]);
            }
            return true;
        })).ToArray();

        await Task.WhenAll(threads).WaitAsync(TimeSpan.FromSeconds(60));
        closers.Should().OnlyContain(count => count == 1);
    }

    private static void Move(ConnectionState state, params ConnectionEvent[] events)
    {
        foreach (var happened in events)
            state.TryMove(happened, out _).Should().BeTrue($"{happened} has a row");
    }
}
