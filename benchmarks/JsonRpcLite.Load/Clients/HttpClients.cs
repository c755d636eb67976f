using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Load;

/// <summary>Clients as written without a library.</summary>
/// <remarks>They send a length, as HttpListener needs one.</remarks>
internal static class HttpClients
{
    private static readonly JsonSerializerOptions Web = new(JsonSerializerDefaults.Web);
    private static readonly MediaTypeHeaderValue Json = new("application/json");

    /// <summary>A client as the documentation of HttpClient describes it.</summary>
    public static Func<Task<JsonNode?>> PlainAsync(Uri address)
    {
        var client = new HttpClient();
        return async () =>
        {
            using var content = new StringContent(JsonSerializer.Serialize(Order.One, Web), Encoding.UTF8, "application/json");
            using var response = await client.PostAsync(address, content);
            response.EnsureSuccessStatusCode();
            return await response.Content.ReadFromJsonAsync<JsonNode>();
        };
    }

    /// <inheritdoc cref="PlainAsync"/>
    public static Func<Task<JsonNode?>> Plain(Uri address)
    {
        var client = new HttpClient();
        return () =>
        {
            using var content = new StringContent(JsonSerializer.Serialize(Order.One, Web), Encoding.UTF8, "application/json");
            using var request = new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
            using var response = client.Send(request);
            response.EnsureSuccessStatusCode();
            return Task.FromResult(JsonSerializer.Deserialize<JsonNode>(response.Content.ReadAsStream()));
        };
    }

    /// <summary>A client with all known optimizations.</summary>
    /// <remarks>It sends bytes instead of text, looks nothing up, traces nothing, and reads the reply as it arrives.</remarks>
    public static Func<Task<JsonNode?>> TunedAsync(Uri address)
    {
        var client = new HttpMessageInvoker(Handler());
        return async () =>
        {
            using var request = Request(address);
            using var response = await client.SendAsync(request, CancellationToken.None);
            response.EnsureSuccessStatusCode();
            using var body = await response.Content.ReadAsStreamAsync();
            return await JsonSerializer.DeserializeAsync<JsonNode>(body);
        };
    }

    /// <summary>The same, connected synchronously, which keeps its sockets out of the runtime's event loop.</summary>
    public static Func<Task<JsonNode?>> Tuned(Uri address)
    {
        var handler = Handler();
        handler.ConnectCallback = (context, _) =>
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            socket.Connect(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port);
            return new ValueTask<Stream>(new NetworkStream(socket, ownsSocket: true));
        };
        var client = new HttpMessageInvoker(handler);
        return () =>
        {
            using var request = Request(address);
            using var response = client.Send(request, CancellationToken.None);
            response.EnsureSuccessStatusCode();
            using var body = response.Content.ReadAsStream();
            return Task.FromResult(JsonSerializer.Deserialize<JsonNode>(body));
        };
    }

    private static SocketsHttpHandler Handler() => new() { UseProxy = false, UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null };

    private static HttpRequestMessage Request(Uri address) =>
        new(HttpMethod.Post, address) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(Order.One, Web)) { Headers = { ContentType = Json } } };
}
