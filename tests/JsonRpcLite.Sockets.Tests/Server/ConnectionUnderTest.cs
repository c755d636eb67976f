using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests.Server;

/// <summary>The environment of a connection: a <see cref="FakeWire"/>, a clock that moves only by hand, and a real server.</summary>
internal sealed class ConnectionUnderTest : IDisposable
{
    private static readonly ConnectionLimits Limits = new(
        MaxConnections: 2, MaxPerAddress: int.MaxValue, HeadTime: TimeSpan.FromSeconds(15), IdleTime: TimeSpan.FromSeconds(60), PieceTime: TimeSpan.FromSeconds(30));

    private readonly JsonRpcServer _server;

    /// <param name="handler">The handler that answers.</param>
    /// <param name="log">As <see cref="JsonRpcServerOptions.TrafficLog"/>.</param>
    public ConnectionUnderTest(HttpExchangeHandler handler, TextWriter? log = null)
    {
        var transport = new NoTransport();
        _server = JsonRpc.MakeServer(
            0, handler, new JsonRpcServerOptions { Transport = transport, TimeProvider = Clock, TrafficLog = log, OnUnhandledException = f => Failures.Add(f.Exception) });
        ConnectionClock = new ConnectionClock(transport.Context, Limits, Connections);
        Gate = new ConnectionGate(transport.Context, Limits, tls: null, ConnectionClock, Connections, loops: null);
    }

    public ManualClock Clock { get; } = new();

    public ConnectionClock ConnectionClock { get; }

    public ConnectionTable Connections { get; } = new();

    public ConnectionGate Gate { get; }

    public List<Exception> Failures { get; } = [];

    /// <summary>A connection that was just accepted, and its wire.</summary>
    public (ServerConnection Connection, FakeWire Wire) Connect()
    {
        var wire = new FakeWire();
        return (Gate.Admit(wire), wire);
    }

    /// <summary>Advances the clock by whole seconds.</summary>
    public void Wait(int seconds) => Clock.Advance(TimeSpan.FromSeconds(seconds));

    public void Dispose()
    {
        Connections.CloseAll();
        ConnectionClock.Dispose();
        // Nothing may wait for a clock that no longer moves.
        _server.StopAsync(new CancellationToken(canceled: true)).GetAwaiter().GetResult();
    }

    /// <summary>A transport without connections: the test passes the server's context to connections itself.</summary>
    private sealed class NoTransport : ServerTransport
    {
        public ServerTransportContext Context { get; private set; } = null!;

        protected override Uri Start(ServerTransportContext context)
        {
            Context = context;
            return new Uri("http://localhost/");
        }

        protected override ValueTask StopAsync(CancellationToken cancellationToken) => default;
    }
}
