using System.Text;
using JsonRpcLite.Http11;

/// <summary>Shows, step by step: bytes, events, pieces, states, a second request, and what the engine refuses.</summary>
internal sealed class Walkthrough(string host, int port)
{
    private static readonly Http11EndOfMessage End = new();

    private readonly string _host = $"{host}:{port}";

    public void Run()
    {
        Title("A request is bytes");
        using (var client = new TourClient(host, port))
        {
            var request = new Http11Request("GET", "/xml", [("host", _host)]);
            var bytes = new Http11Connection(Http11Role.Client).Send(request);
            Show($"{bytes.Length} bytes: {Escape(bytes)}");

            Title("The end of a request without a body has no bytes");
            client.Send(request);
            Show($"{client.Connection.Send(End).Length} bytes");

            Title("The response arrives as events");
            ShowUntilEnd(client, 1024);
        }

        Title("In pieces of 200 bytes the first is not enough");
        using (var client = new TourClient(host, port))
        {
            client.Send(new Http11Request("GET", "/xml", [("host", _host)]), End);
            Show($"{client.Receive(200)} bytes came");
            Show(Next(client));
            ShowUntilEnd(client, 200);

            Title("Nothing more arrives unless it is requested");
            ShowTimeout(client);
            ShowStates(client);

            Title("Keep-alive: a second request on the same connection");
            client.Connection.StartNextCycle();
            ShowStates(client);
            client.Send(new Http11Request("GET", "/get", [("host", _host)]), End);
            ShowUntilEnd(client, 1024);

            Title("A body with its length");
            client.Connection.StartNextCycle();
            client.Send(new Http11Request("POST", "/post", [("host", _host), ("content-length", "10")]), new Http11Data("1234567890"u8.ToArray()), End);
            ShowUntilEnd(client, 1024);

            Title("A body in chunks, and the last request");
            client.Connection.StartNextCycle();
            client.Send(new Http11Request("POST", "/post", [("host", _host), ("transfer-encoding", "chunked"), ("connection", "close")]),
                new Http11Data("1234"u8.ToArray()), new Http11Data("567890"u8.ToArray()), End);
            ShowUntilEnd(client, 1024);
            ShowStates(client);
            Show(client.NextEvent());
            client.Send(new Http11ConnectionClosed());
            ShowStates(client);
        }

        Title("What the engine refuses to send");
        Refuse("a response from a client", new Http11Response(200, []));
        Refuse("two requests in a row", new Http11Request("GET", "/", [("host", "a")]), End, new Http11Request("GET", "/", [("host", "a")]));
        Refuse("data without its length", new Http11Request("POST", "/", [("host", "a")]), new Http11Data("1234567890"u8.ToArray()));
        Refuse("less than was announced", new Http11Request("POST", "/", [("host", "a"), ("content-length", "10")]), new Http11Data("123"u8.ToArray()), End);
        Refuse("a line break in a value", new Http11Request("GET", "/", [("host", "a"), ("x", "y\r\nz: injected")]));
    }

    private static void ShowUntilEnd(TourClient client, int mostBytesPerRead)
    {
        Http11Event what;
        do
        {
            what = client.NextEvent(mostBytesPerRead);
            Show(what);
        }
        while (what is not (Http11EndOfMessage or Http11ConnectionClosed));
    }

    private static void ShowTimeout(TourClient client)
    {
        client.ReadTimeout = 200;
        try
        {
            Show(client.NextEvent());
        }
        catch (IOException)
        {
            Show("The read timed out.");
        }
        client.ReadTimeout = 0;
    }

    private static Http11Event Next(TourClient client)
    {
        client.Connection.NextEvent();
        return client.Connection.ToEvent();
    }

    private static void ShowStates(TourClient client) => Show($"states: {client.Connection.OurState}, {client.Connection.TheirState}");

    private static void Refuse(string title, params Http11Event[] events)
    {
        var connection = new Http11Connection(Http11Role.Client);
        try
        {
            foreach (var what in events)
                connection.Send(what);
            Show($"{title}: sent");
        }
        catch (LocalProtocolException e)
        {
            Show($"{title}: {e.Message}");
        }
    }

    private static void Title(string text) => Console.WriteLine($"\n{text}");

    private static void Show(object what) => Console.WriteLine($"  {what.ToString()!.Replace("\n", "\\n", StringComparison.Ordinal)}");

    private static string Escape(byte[] bytes) => Encoding.Latin1.GetString(bytes).Replace("\r\n", "\\r\\n", StringComparison.Ordinal);
}
