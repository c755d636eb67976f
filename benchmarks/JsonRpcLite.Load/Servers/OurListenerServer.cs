using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>MakeServer with its defaults, except for limits.</summary>
internal static class OurListenerServer
{
    public static int Start(Workload workload) => Start(workload, new());

    public static int Start(Workload workload, JsonRpcServerOptions options)
    {
        options.Limits.MaxConcurrentCalls = ServerProcess.ConnectionLimit;
        options.Limits.MaxRequestBodySize = options.Limits.MaxResponseBodySize = ServerProcess.BodyLimit;
        var server = workload == Workload.Subtract
            ? JsonRpc.MakeServer(0, new JsonRpcMethods().Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend), options)
            : JsonRpc.MakeServer(0, (JsonNode? command) => new JsonObject { ["echo"] = command }, options);
        return server.Address.Port;
    }
}
