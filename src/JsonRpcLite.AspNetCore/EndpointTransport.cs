using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http;

namespace JsonRpcLite;

/// <summary>
/// The transport of an endpoint: requests come from ASP.NET Core, and replies go back through it. It listens nowhere itself. The application's rules for host names and origins
/// come first; the server's own rules are for the rest.
/// </summary>
internal class EndpointTransport(EndpointSites sites) : ServerTransport
{
    private readonly ConcurrentBag<EndpointExchange> _idle = [];
    private ServerTransportContext _context = null!;

    /// <summary>Serves a request. The task ends when the function has ended: what it uses of the request lives as long.</summary>
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

    /// <summary>The connections are ASP.NET Core's.</summary>
    protected override ValueTask StopAsync(CancellationToken cancellationToken) => default;

    /// <summary>Where ASP.NET Core listens is not known yet, and may change: each request is looked at.</summary>
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
            // Disconnected clients are everyday. Nothing leaves the endpoint: an error page of ASP.NET Core's behind half a reply would be worse than none.
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
