using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>MakeServer as it comes, but for the limits on connections and bodies, which the comparisons go beyond.</summary>
internal static class OurServer
{
    public static Func<string, int> On(Func<ServerTransport> transport) => workload =>
    {
        var options = new JsonRpcServerOptions { Transport = transport(), MaxRequestBodySize = int.MaxValue, MaxResponseBodySize = int.MaxValue };
        var server = workload == Workload.Subtract.Name
            ? JsonRpc.MakeServer(0, new JsonRpcMethods().Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend), options)
            : JsonRpc.MakeServer(0, (JsonNode? command) => new JsonObject { ["echo"] = command }, options);
        return server.Address.Port;
    };
}
