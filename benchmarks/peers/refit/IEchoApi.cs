using System.Text.Json.Nodes;
using Refit;

namespace JsonRpcLite.Peers.Refit;

/// <summary>The called API.</summary>
internal interface IEchoApi
{
    [Post("/")]
    Task<JsonNode?> EchoAsync([Body(buffered: true)] Order order);
}

/// <summary>The request: 52 bytes as JSON.</summary>
internal sealed record Order(string Item, int Count, decimal Price, string Note);
