using System.Text;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>A reply in pieces as the client's transport returns it: live, or whole if it arrived at once.</summary>
internal sealed record OpenedStream(ClientTransport Client, HttpExchange Exchange, Stream Body) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>A header field of the reply.</summary>
    public string? this[string name] => Exchange.ResponseHeaders[name];

    /// <summary>Sends a request, and returns when the head of the reply has arrived.</summary>
    public static async Task<OpenedStream> OpenAsync(ClientTransport client, HttpExchange exchange)
    {
        var body = await client.OpenAsync(exchange, CancellationToken.None).AsTask().WaitAsync(Patience);
        return new OpenedStream(client, exchange, body ?? new MemoryStream(exchange.ResponseBody.WrittenMemory.ToArray()));
    }

    public async Task<string> ReadAsync(int length)
    {
        var bytes = new byte[length];
        await Body.ReadExactlyAsync(bytes).AsTask().WaitAsync(Patience);
        return Encoding.UTF8.GetString(bytes);
    }

    public async Task<string> ReadToEndAsync()
    {
        using var reader = new StreamReader(Body, leaveOpen: true);
        return await reader.ReadToEndAsync().WaitAsync(Patience);
    }

    public void Dispose()
    {
        Body.Dispose();
        Client.Dispose();
    }
}
