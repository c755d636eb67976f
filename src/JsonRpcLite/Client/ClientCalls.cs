namespace JsonRpcLite;

/// <summary>What all calls of a client have in common: where they go, what they carry, how long they may take.</summary>
internal sealed class ClientCalls : IDisposable
{
    private readonly Uri _address;
    private readonly ClientTransport _transport;
    private readonly HttpFields _headers = [];
    private readonly TimeSpan _timeout;
    private readonly int _maxResponseBodySize;

    public ClientCalls(Uri address, JsonRpcClientOptions options)
    {
        _address = address;
        _transport = (options.Transport ?? new HttpClientTransport()).Take();
        options.Headers.CopyTo(_headers);
        _timeout = options.Timeout;
        _maxResponseBodySize = options.MaxResponseBodySize;
    }

    public ClientCall Begin()
    {
        var exchange = new HttpExchange { Address = _address, Target = _address.PathAndQuery, Scheme = _address.Scheme };
        exchange.ResponseBody.MaxLength = _maxResponseBodySize;
        exchange.RequestFields.AddUnchecked("Content-Type", "application/json");
        foreach (var (name, value) in _headers)
            exchange.RequestFields[name] = value;
        return new ClientCall(_transport, exchange, _timeout);
    }

    public void Dispose() => _transport.Dispose();
}
