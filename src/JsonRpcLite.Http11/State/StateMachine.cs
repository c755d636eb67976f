namespace JsonRpcLite.Http11;

// The state machine of an HTTP/1.1 connection.
//
// This file follows two laws. First: everything that decides which state follows which is here. Second: nothing here knows the role of this end. The machine watches a client and
// a server talk. Which of them is this end makes no difference, so the same rules apply to what is sent and to what is read.
//
// How it works. Five small machines run in parallel:
//
//   the client's state and the server's state                              (nine states each, though neither can reach all of them)
//   keep-alive                true until another cycle is ruled out, then false for good
//   an Upgrade on offer       true from the request that proposes it to the final response that denies it
//   a CONNECT on offer        the same
//
// Two things move them: events and coincidences. Each end's own events move its state, by the first table. The server also sees the client's request begin (RequestSeen), and two
// server events have a second form: an informational response that accepts an Upgrade, and a response that accepts a CONNECT. An event for which the table has no row breaks the
// protocol. Coincidences are pairs of states that cannot last. By the second table they change into another pair at once, however they came about: for instance, a client that is
// done while the server has closed must close as well. Coincidences are applied until nothing changes, so one event can move both ends.
//
// Three coincidences depend on the three small machines, and are coded in Settle: a client that is done with something on offer might switch; when the offer is gone, it is done
// again; and without keep-alive, an end that is done must close. The order matters there: a client that asked for CONNECT and for closing is on offer first, and closes only
// after the denial.
//
// The tables must not be changed alone: the package's README lists them, too, and a test compares the two.
internal sealed class StateMachine
{
    /// <summary>The transitions that events cause.</summary>
    public static readonly (Http11Role Role, Http11State From, StateEvent StateEvent, Http11State To)[] EventTable =
    [
        (Http11Role.Client, Http11State.Idle, StateEvent.Request, Http11State.SendBody),
        (Http11Role.Client, Http11State.Idle, StateEvent.ConnectionClosed, Http11State.Closed),
        (Http11Role.Client, Http11State.SendBody, StateEvent.Data, Http11State.SendBody),
        (Http11Role.Client, Http11State.SendBody, StateEvent.EndOfMessage, Http11State.Done),
        (Http11Role.Client, Http11State.Done, StateEvent.ConnectionClosed, Http11State.Closed),
        (Http11Role.Client, Http11State.MustClose, StateEvent.ConnectionClosed, Http11State.Closed),
        (Http11Role.Client, Http11State.Closed, StateEvent.ConnectionClosed, Http11State.Closed),
        (Http11Role.Server, Http11State.Idle, StateEvent.RequestSeen, Http11State.SendResponse),
        (Http11Role.Server, Http11State.Idle, StateEvent.Response, Http11State.SendBody),
        (Http11Role.Server, Http11State.Idle, StateEvent.ConnectionClosed, Http11State.Closed),
        (Http11Role.Server, Http11State.SendResponse, StateEvent.InformationalResponse, Http11State.SendResponse),
        (Http11Role.Server, Http11State.SendResponse, StateEvent.Response, Http11State.SendBody),
        (Http11Role.Server, Http11State.SendResponse, StateEvent.UpgradeAccepted, Http11State.SwitchedProtocol),
        (Http11Role.Server, Http11State.SendResponse, StateEvent.ConnectAccepted, Http11State.SwitchedProtocol),
        (Http11Role.Server, Http11State.SendBody, StateEvent.Data, Http11State.SendBody),
        (Http11Role.Server, Http11State.SendBody, StateEvent.EndOfMessage, Http11State.Done),
        (Http11Role.Server, Http11State.Done, StateEvent.ConnectionClosed, Http11State.Closed),
        (Http11Role.Server, Http11State.MustClose, StateEvent.ConnectionClosed, Http11State.Closed),
        (Http11Role.Server, Http11State.Closed, StateEvent.ConnectionClosed, Http11State.Closed),
    ];

    /// <summary>The transitions that pairs of states cause.</summary>
    public static readonly (Http11State Client, Http11State Server, Http11Role Moves, Http11State To)[] CoincidenceTable =
    [
        (Http11State.MightSwitchProtocol, Http11State.SwitchedProtocol, Http11Role.Client, Http11State.SwitchedProtocol),
        (Http11State.Closed, Http11State.Done, Http11Role.Server, Http11State.MustClose),
        (Http11State.Closed, Http11State.Idle, Http11Role.Server, Http11State.MustClose),
        (Http11State.Error, Http11State.Done, Http11Role.Server, Http11State.MustClose),
        (Http11State.Done, Http11State.Closed, Http11Role.Client, Http11State.MustClose),
        (Http11State.Idle, Http11State.Closed, Http11Role.Client, Http11State.MustClose),
        (Http11State.Done, Http11State.Error, Http11Role.Client, Http11State.MustClose),
    ];

    private const int States = 9;
    private const int Events = 9;
    private const byte None = 255;

    // The tables, laid out for look-up.
    private static readonly byte[] ByEvent = LayOutEvents();
    private static readonly byte[] ByCoincidence = LayOutCoincidences();

    private Http11State _client;
    private Http11State _server;
    private bool _upgradeOffered;
    private bool _connectOffered;

    public Http11State Client => _client;

    public Http11State Server => _server;

    public bool KeepAlive { get; private set; } = true;

    public Http11State this[Http11Role role] => role == Http11Role.Client ? _client : _server;

    /// <summary>Moves the machine; returns <c>false</c>, and changes nothing, if the event is out of order.</summary>
    public bool TryMove(Http11Role role, StateEvent stateEvent)
    {
        ref var state = ref role == Http11Role.Client ? ref _client : ref _server;
        // The only row that moves nothing is also the most frequent one.
        if (stateEvent == StateEvent.Data)
            return state == Http11State.SendBody;
        if (stateEvent == StateEvent.UpgradeAccepted && !_upgradeOffered || stateEvent == StateEvent.ConnectAccepted && !_connectOffered)
            return false;
        var next = ByEvent[((((int)role * States) + (int)state) * Events) + (int)stateEvent];
        if (next == None)
            return false;

        if (stateEvent == StateEvent.Request)
        {
            // The client's request moves both ends or none.
            var answering = ByEvent[((((int)Http11Role.Server * States) + (int)_server) * Events) + (int)StateEvent.RequestSeen];
            if (answering == None)
                return false;
            _server = (Http11State)answering;
        }
        else if (stateEvent == StateEvent.Response)
        {
            _upgradeOffered = false;
            _connectOffered = false;
        }
        state = (Http11State)next;
        Settle();
        return true;
    }

    /// <summary>Records that the request just begun proposes another protocol.</summary>
    public void Offer(bool upgrade, bool connect)
    {
        _upgradeOffered = upgrade;
        _connectOffered = connect;
        Settle();
    }

    public void DisableKeepAlive()
    {
        KeepAlive = false;
        Settle();
    }

    public void Break(Http11Role role)
    {
        if (role == Http11Role.Client)
            _client = Http11State.Error;
        else
            _server = Http11State.Error;
        Settle();
    }

    /// <summary>Starts another cycle; returns <c>false</c> if the states do not allow it.</summary>
    public bool TryStartNextCycle()
    {
        if (_client != Http11State.Done || _server != Http11State.Done)
            return false;
        _client = Http11State.Idle;
        _server = Http11State.Idle;
        return true;
    }

    /// <summary>Resets the machine to the state of a new connection.</summary>
    public void Reset()
    {
        _client = Http11State.Idle;
        _server = Http11State.Idle;
        _upgradeOffered = false;
        _connectOffered = false;
        KeepAlive = true;
    }

    private void Settle()
    {
        while (true)
        {
            var (client, server) = (_client, _server);

            if (_upgradeOffered || _connectOffered)
            {
                if (_client == Http11State.Done)
                    _client = Http11State.MightSwitchProtocol;
            }
            else if (_client == Http11State.MightSwitchProtocol)
            {
                _client = Http11State.Done;
            }

            if (!KeepAlive)
            {
                if (_client == Http11State.Done)
                    _client = Http11State.MustClose;
                if (_server == Http11State.Done)
                    _server = Http11State.MustClose;
            }

            var change = ByCoincidence[((int)_client * States) + (int)_server];
            if (change != None)
            {
                if (change < States)
                    _client = (Http11State)change;
                else
                    _server = (Http11State)(change - States);
            }

            if (client == _client && server == _server)
                return;
        }
    }

    private static byte[] LayOutEvents()
    {
        var table = new byte[2 * States * Events];
        Array.Fill(table, None);
        foreach (var (role, from, stateEvent, to) in EventTable)
            table[((((int)role * States) + (int)from) * Events) + (int)stateEvent] = (byte)to;
        return table;
    }

    /// <summary>Lays out the second table: below <see cref="States"/> the client's next state, from there on the server's.</summary>
    private static byte[] LayOutCoincidences()
    {
        var table = new byte[States * States];
        Array.Fill(table, None);
        foreach (var (client, server, moves, to) in CoincidenceTable)
            table[((int)client * States) + (int)server] = (byte)((int)to + (moves == Http11Role.Client ? 0 : States));
        return table;
    }
}
