using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>MakeServer as it comes.</summary>
internal static class OurListenerServer
{
    public static int Start() => JsonRpc.MakeServer(0, (JsonNode? command) => new JsonObject { ["echo"] = command }).Address.Port;
}
