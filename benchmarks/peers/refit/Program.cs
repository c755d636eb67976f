using System.Text.Json.Nodes;
using JsonRpcLite.Load;
using JsonRpcLite.Peers.Refit;
using Refit;

// Refit as a client, as in its documentation, except that the body is buffered: HttpListener and the fixed reply need a Content-Length. It communicates with the comparison like
// every other client.
var order = new Order("tea", 2, 12.5m, "green");
await ClientLoop.RunAsync<JsonNode?>(
    isAsync: true,
    address =>
    {
        var api = RestService.For<IEchoApi>(address.OriginalString.TrimEnd('/'));
        return () => api.EchoAsync(order);
    },
    reply => reply is JsonObject echo && echo["echo"] is not null);
