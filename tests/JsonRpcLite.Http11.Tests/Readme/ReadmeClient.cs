using System.Net.Sockets;
using JsonRpcLite.Http11;

internal static class ReadmeClient
{
    public static byte[] Get(Socket socket, string host, string target)
    {
        var connection = new Http11Connection(Http11Role.Client);
        socket.Send(connection.Send(new Http11Request("GET", target, [("Host", host)])));
        socket.Send(connection.Send(new Http11EndOfMessage()));

        var body = new MemoryStream();
        while (true)
        {
            switch (connection.NextEvent())
            {
                case Http11EventKind.NeedData:
                    connection.Received(socket.Receive(connection.GetReceiveMemory().Span));
                    break;
                case Http11EventKind.Response:
                    Console.WriteLine($"{connection.StatusCode}, {connection.ContentLength} bytes");
                    break;
                case Http11EventKind.Data:
                    body.Write(connection.Data.Span);
                    break;
                case Http11EventKind.EndOfMessage:
                    return body.ToArray();
            }
        }
    }
}
