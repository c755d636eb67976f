using System.Buffers;

namespace JsonRpcLite.Http11.Tests;

/// <summary>
/// A client and a server with a fake wire between them. Each event that one sends is read by the other, and both must agree on
/// both states.
/// </summary>
internal sealed class ConnectionPair
{
    public Http11Connection Client { get; } = new(Http11Role.Client);

    public Http11Connection Server { get; } = new(Http11Role.Server);

    /// <summary>Sends events from one end, and returns what the other end has read.</summary>
    public IReadOnlyList<Http11Event> Send(Http11Role from, params Http11Event[] events)
    {
        var (sender, reader) = from == Http11Role.Client ? (Client, Server) : (Server, Client);
        var read = new List<Http11Event>();
        foreach (var what in events)
        {
            reader.Receive(sender.Send(what));
            if (what is Http11ConnectionClosed)
                reader.ReceiveEndOfFile();
            for (var reads = 0; reads < 100 && reader.NextEvent() is not (Http11EventKind.NeedData or Http11EventKind.Paused); reads++)
            {
                read.Add(reader.ToEvent());
                if (reader.Kind == Http11EventKind.ConnectionClosed)
                    break;
            }
        }
        (Client.ClientState, Client.ServerState).Should().Be((Server.ClientState, Server.ServerState), "both ends saw the same");
        return read;
    }

    /// <summary>Sends events that must arrive unchanged.</summary>
    public void SendUnchanged(Http11Role from, params Http11Event[] events) => Send(from, events).Should().Equal(events);

    public void StatesShouldBe(Http11State client, Http11State server) => (Client.OurState, Server.OurState).Should().Be((client, server));

    public void StartNextCycle()
    {
        Client.StartNextCycle();
        Server.StartNextCycle();
    }
}
