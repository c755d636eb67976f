using System.Buffers;
using System.Net.Sockets;
using JsonRpcLite.Http11;

internal static class ReadmeServer
{
    public static async Task ServeAsync(Socket socket)
    {
        var connection = new Http11Connection(Http11Role.Server);
        var output = new ArrayBufferWriter<byte>();
        var isGet = false;
        try
        {
            while (true)
            {
                switch (connection.NextEvent())
                {
                    case Http11EventKind.NeedData:
                        connection.Received(await socket.ReceiveAsync(connection.GetReceiveMemory()));
                        break;
                    case Http11EventKind.Request:
                        isGet = connection.Method.SequenceEqual("GET"u8);
                        break;
                    case Http11EventKind.EndOfMessage:
                        connection.SendResponse(output, isGet ? 200 : 405);
                        if (isGet)
                            connection.SendData(output, "Hello World"u8);
                        connection.SendEndOfMessage(output);
                        await socket.SendAsync(output.WrittenMemory);
                        output.ResetWrittenCount();
                        if (!connection.CanStartNextCycle)
                            return;
                        connection.StartNextCycle();
                        break;
                    case Http11EventKind.ConnectionClosed:
                        return;
                }
            }
        }
        catch (RemoteProtocolException breach) when (connection.OurState is Http11State.Idle or Http11State.SendResponse)
        {
            await socket.SendAsync(connection.Send(new Http11Response(breach.StatusHint, [("Content-Length", "0")])));
        }
    }
}
