using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>MakeServer on sockets, as it comes.</summary>
internal static class OurSocketServer
{
    public static int Start() =>
        JsonRpc.MakeServer(0, (JsonNode? command) => new JsonObject { ["echo"] = command }, new() { Transport = new SocketTransport() }).Address.Port;
}
