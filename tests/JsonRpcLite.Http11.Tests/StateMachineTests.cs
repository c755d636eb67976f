using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;

namespace JsonRpcLite.Http11.Tests;

public class StateMachineTests
{
    [Fact]
    public void The_tables_are_those_of_the_README()
    {
        var text = File.ReadAllText(Path.Combine(Root(), "src/JsonRpcLite.Http11/README.md"));

        var printed = Print();

        text.Contains(printed, StringComparison.Ordinal).Should().BeTrue("the README must have the current tables:\n{0}", printed);
    }

    [Fact]
    public void Every_event_follows_the_table_and_nothing_else_is_allowed()
    {
        var reached = 0;
        foreach (var role in Enum.GetValues<Http11Role>())
        {
            foreach (var path in Paths())
            {
                foreach (var happening in Enum.GetValues<StateEvent>().Where(h => h != StateEvent.RequestSeen))
                {
                    var machine = Walk(path);
                    var from = machine[role];
                    var other = machine[role == Http11Role.Client ? Http11Role.Server : Http11Role.Client];
                    var row = StateMachine.EventTable.Where(r => r.Role == role && r.From == from && r.StateEvent == happening).ToList();
                    // Acceptances need an offer, which these walks lack; a request moves both ends.
                    var isAllowed = row.Count == 1 && happening is not (StateEvent.UpgradeAccepted or StateEvent.ConnectAccepted)
                        && (happening != StateEvent.Request || other == Http11State.Idle);

                    machine.TryMove(role, happening).Should().Be(isAllowed, "{0} in {1} sees {2}, the other end in {3}", role, from, happening, other);
                    if (!isAllowed)
                        (machine[role], machine[role == Http11Role.Client ? Http11Role.Server : Http11Role.Client]).Should().Be((from, other));
                    reached++;
                }
            }
        }
        reached.Should().BeGreaterThan(100);
    }

    [Fact]
    public void No_table_has_two_rows_for_one_case()
    {
        StateMachine.EventTable.Select(r => (r.Role, r.From, r.StateEvent)).Should().OnlyHaveUniqueItems();
        StateMachine.CoincidenceTable.Select(r => (r.Client, r.Server)).Should().OnlyHaveUniqueItems();
    }

    [Fact]
    public void An_offer_takes_precedence_over_closing()
    {
        var machine = Walk([(Http11Role.Client, StateEvent.Request)]);
        machine.Offer(false, true);
        machine.DisableKeepAlive();
        machine.TryMove(Http11Role.Client, StateEvent.EndOfMessage);
        machine.Client.Should().Be(Http11State.MightSwitchProtocol);

        machine.TryMove(Http11Role.Server, StateEvent.Response);

        machine.Client.Should().Be(Http11State.MustClose);
    }

    [Fact]
    public void An_acceptance_needs_its_own_offer()
    {
        var machine = Walk([(Http11Role.Client, StateEvent.Request)]);
        machine.Offer(true, false);

        machine.TryMove(Http11Role.Server, StateEvent.ConnectAccepted).Should().BeFalse();
        machine.TryMove(Http11Role.Server, StateEvent.UpgradeAccepted).Should().BeTrue();
    }

    /// <summary>Walks to all pairs of states that a connection can have without an offer, errors included.</summary>
    private static List<(Http11Role, StateEvent)[]> Paths()
    {
        (Http11Role, StateEvent)[] request = [(Http11Role.Client, StateEvent.Request)];
        (Http11Role, StateEvent)[] requestDone = [.. request, (Http11Role.Client, StateEvent.EndOfMessage)];
        (Http11Role, StateEvent)[] answering = [.. requestDone, (Http11Role.Server, StateEvent.Response)];
        (Http11Role, StateEvent)[] done = [.. answering, (Http11Role.Server, StateEvent.EndOfMessage)];
        (Http11Role, StateEvent) clientCloses = (Http11Role.Client, StateEvent.ConnectionClosed);
        (Http11Role, StateEvent) serverCloses = (Http11Role.Server, StateEvent.ConnectionClosed);
        return
        [
            [], request, requestDone, answering, done, [clientCloses], [serverCloses], [.. requestDone, clientCloses], [.. done, clientCloses], [.. done, serverCloses],
            [.. done, clientCloses, serverCloses], [(Http11Role.Server, StateEvent.Response)],
            [(Http11Role.Server, StateEvent.Response), (Http11Role.Server, StateEvent.EndOfMessage)],
        ];
    }

    private static StateMachine Walk((Http11Role Role, StateEvent StateEvent)[] path)
    {
        var machine = new StateMachine();
        foreach (var (role, happening) in path)
            machine.TryMove(role, happening).Should().BeTrue();
        return machine;
    }

    private static string Print()
    {
        var text = new StringBuilder("| end | in state | sees | goes to |\n|---|---|---|---|\n");
        foreach (var (role, from, happening, to) in StateMachine.EventTable)
            text.Append(CultureInfo.InvariantCulture, $"| {role} | {from} | {happening} | {to} |\n");
        text.Append("\n| client is | server is | then |\n|---|---|---|\n");
        foreach (var (client, server, moves, to) in StateMachine.CoincidenceTable)
            text.Append(CultureInfo.InvariantCulture, $"| {client} | {server} | the {(moves == Http11Role.Client ? "client" : "server")} is {to} |\n");
        return text.ToString();
    }

    private static string Root([CallerFilePath] string thisFile = "") => Path.GetFullPath(Path.Combine(thisFile, "../../.."));
}
