using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace JsonRpcLite.Load;

/// <summary>A minimal API with System.Text.Json, as its documentation describes it: a route, with a type or a node in and out.</summary>
internal static class MinimalApiServer
{
    public static int Start(Workload workload) => KestrelServer.Start(app =>
    {
        if (workload == Workload.Subtract)
            app.MapPost(
                "/", (Request request) => request.Method == "subtract" ? Results.Ok(new Response("2.0", request.Params[0] - request.Params[1], request.Id)) : Results.NotFound());
        else
            app.MapPost("/", (JsonNode? command) => new JsonObject { ["echo"] = command });
    });

    private sealed record Request(string Jsonrpc, string Method, int[] Params, long Id);

    private sealed record Response(string Jsonrpc, int Result, long Id);
}
