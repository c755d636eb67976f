using System.Text;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Short helpers for tests: an engine that has received some text, its events, text for bytes.</summary>
internal static class Wire
{
    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    public static Http11Connection Server(string received, Http11Options? options = null)
    {
        var connection = new Http11Connection(Http11Role.Server, options);
        connection.Receive(Bytes(received));
        return connection;
    }

    /// <summary>A client that has sent a request of the method, and received some text.</summary>
    public static Http11Connection Client(string received, Http11Options? options = null, string method = "GET")
    {
        var connection = new Http11Connection(Http11Role.Client, options);
        connection.Send(new Http11Request(method, method == "CONNECT" ? "a:1" : "/", [("Host", "a")]));
        connection.Send(new Http11EndOfMessage());
        connection.Receive(Bytes(received));
        return connection;
    }

    public static List<Http11Event> Events(this Http11Connection connection)
    {
        var events = new List<Http11Event>();
        for (var i = 0; i < 1000 && connection.NextEvent() is not (Http11EventKind.NeedData or Http11EventKind.Paused); i++)
        {
            events.Add(connection.ToEvent());
            if (connection.Kind == Http11EventKind.ConnectionClosed)
                break;
        }
        return events;
    }

    /// <summary>A server that has read a request and may answer.</summary>
    public static Http11Connection Asked(string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    {
        var connection = Server(request);
        connection.Events();
        return connection;
    }

    public static string SendText(this Http11Connection connection, params Http11Event[] events)
    {
        var output = new ExactWriter();
        foreach (var what in events)
            connection.Send(output, what);
        return Text(output.Written);
    }
}
