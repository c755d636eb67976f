using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace JsonRpcLite;

/// <summary>The transport of an endpoint: ASP.NET Core delivers the requests and sends the replies.</summary>
/// <remarks>It does not listen itself. The application's rules for host names and origins apply first, and the server's own rules to the rest.</remarks>
internal class EndpointTransport(EndpointSites sites) : ServerTransport
{
    private readonly ConcurrentBag<EndpointExchange> _idle = [];
    private ServerTransportContext _context = null!;

    /// <summary>Serves a request.</summary>
    /// <remarks>The task completes when the function has ended, so that what it uses of the request lives as long.</remarks>
    public Task ServeAsync(HttpContext http)
    {
        if (http.Request.Headers.Origin.Count > 0)
            return ServeCrossOriginAsync(http);
        return ServeAsync(http, isOriginAllowed: null);
    }

    protected override Uri Start(ServerTransportContext context)
    {
        _context = context;
        return new Uri("http://localhost/");
    }

    /// <summary>Does nothing: ASP.NET Core owns the connections.</summary>
    protected override ValueTask StopAsync(CancellationToken cancellationToken) => default;

    /// <summary>Always <c>true</c>: the addresses of ASP.NET Core are not known yet and may change, so each request is checked.</summary>
    protected override bool IsLoopback(string hostName) => true;

    protected override bool IsLocal(HttpExchange exchange) => EndpointSites.IsLocal(Of(exchange).Http);

    protected override bool? AllowsHost(HttpExchange exchange, string host) => sites.AllowsHost(Of(exchange).Http, host);

    protected override bool? AllowsOrigin(HttpExchange exchange, string origin) => Of(exchange).IsOriginAllowed;

    private static EndpointExchange Of(HttpExchange exchange) => (EndpointExchange)exchange;

    private async Task ServeCrossOriginAsync(HttpContext http) => await ServeAsync(http, await sites.AllowsOriginAsync(http).ConfigureAwait(false)).ConfigureAwait(false);

    private Task ServeAsync(HttpContext http, bool? isOriginAllowed)
    {
        if (!_idle.TryTake(out var exchange))
            exchange = new EndpointExchange(_context);
        var serving = exchange.TryBegin(http, isOriginAllowed, out var fault) ? _context.ServeAsync(exchange, exchange.PeerGone) : _context.RefuseAsync(exchange, 400, fault);
        if (!serving.IsCompletedSuccessfully)
        {
            exchange.WatchPeer();
            return AwaitAsync(serving, exchange, http);
        }
        return serving.Result == ExchangeOutcome.LeftBehind ? exchange.LeftAsync() : End(exchange);
    }

    private async Task AwaitAsync(ValueTask<ExchangeOutcome> serving, EndpointExchange exchange, HttpContext http)
    {
        try
        {
            if (await serving.ConfigureAwait(false) == ExchangeOutcome.LeftBehind)
                await exchange.LeftAsync().ConfigureAwait(false);
            else
                _ = End(exchange);
        }
        catch (Exception e)
        {
            // Disconnected clients are ordinary. No exception leaves the endpoint: an error page of ASP.NET Core after half a reply would be worse than none.
            if (e is not (IOException or OperationCanceledException or ObjectDisposedException))
                _context.Report(e);
            http.Abort();
        }
    }

    private Task End(EndpointExchange exchange)
    {
        if (exchange.TryEnd())
            _idle.Add(exchange);
        return Task.CompletedTask;
    }
}
