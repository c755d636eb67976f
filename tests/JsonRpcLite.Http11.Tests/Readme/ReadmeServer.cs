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
            while (connection.NextEvent() is var kind and not Http11EventKind.ConnectionClosed)
            {
                if (kind == Http11EventKind.NeedData && connection.ClientIsWaitingForContinue)
                    await socket.SendAsync(connection.Send(new Http11InformationalResponse(100, [])));
                if (kind == Http11EventKind.NeedData)
                    connection.Received(await socket.ReceiveAsync(connection.GetReceiveMemory()));
                if (kind == Http11EventKind.Request)
                    isGet = connection.Method.SequenceEqual("GET"u8);
                if (kind != Http11EventKind.EndOfMessage)
                    continue;
                connection.SendResponse(output, isGet ? 200 : 405);
                connection.SendData(output, isGet ? "Hello World"u8 : default);
                connection.SendEndOfMessage(output);
                await socket.SendAsync(output.WrittenMemory);
                output.ResetWrittenCount();
                if (!connection.CanStartNextCycle)
                    return;
                connection.StartNextCycle();
            }
        }
        catch (RemoteProtocolException breach) when (connection.OurState is Http11State.Idle or Http11State.SendResponse)
        {
            await socket.SendAsync(connection.Send(new Http11Response(breach.StatusHint, [("Content-Length", "0")])));
        }
    }
}
