using System.Buffers;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace JsonRpcLite.Hosts.Tests;

/// <summary>A third-party transport: on Kestrel, made of public members only. For tests only.</summary>
/// <param name="knowsWhereItListens">Whether it declares if only this machine can reach it, which is optional for a transport.</param>
/// <param name="hasAmbientActivity">Whether it declares that ASP.NET Core starts an activity for each request.</param>
internal sealed class KestrelTransport(bool knowsWhereItListens = true, bool hasAmbientActivity = false) : ServerTransport
{
    private WebApplication _app = null!;

    protected override Uri Start(ServerTransportContext context)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Listen(IPAddress.Loopback, context.Port);
            // The handlers check these rules.
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Limits.MinRequestBodyDataRate = null;
            kestrel.Limits.MaxRequestLineSize = 2 * context.Limits.MaxRequestTargetSize;
            kestrel.Limits.MaxRequestHeadersTotalSize = 1 << 20;
            kestrel.Limits.MaxRequestHeaderCount = 10_000;
        });
        _app = builder.Build();
        _app.Run(http => ServeAsync(context, http));
        ((IHost)_app).Start();
        return new Uri(_app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single());
    }

    /// <summary>It listens on loopback whatever the name; the suites use other names to test what a server on a network would do.</summary>
    protected override bool IsLoopback(string hostName) => knowsWhereItListens ? hostName is "localhost" or "127.0.0.1" : base.IsLoopback(hostName);

    protected override async ValueTask StopAsync(CancellationToken cancellationToken)
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(250));
        await _app.StopAsync(soon.Token);
        await _app.DisposeAsync();
    }

    private async Task ServeAsync(ServerTransportContext context, HttpContext http)
    {
        var exchange = new KestrelExchange(context, http, hasAmbientActivity);
        var outcome = exchange.TryTakeFields(out var fault) ? await context.ServeAsync(exchange, http.RequestAborted) : await context.RefuseAsync(exchange, 400, fault);
        if (outcome == ExchangeOutcome.LeftBehind)
            await exchange.RepliedEarly;
    }

    private sealed class KestrelExchange : HttpExchange
    {
        private readonly HttpContext _http;
        private readonly TaskCompletionSource _repliedEarly = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public KestrelExchange(ServerTransportContext context, HttpContext http, bool hasAmbientActivity)
            : base(context.Limits)
        {
            _http = http;
            HasAmbientActivity = hasAmbientActivity;
            Method = http.Request.Method;
            Target = http.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            ProtocolVersion = http.Request.Protocol == "HTTP/1.0" ? HttpVersion.Version10 : HttpVersion.Version11;
            RemoteEndPoint = new IPEndPoint(http.Connection.RemoteIpAddress!, http.Connection.RemotePort);
            ContentLength = http.Request.ContentLength;
        }

        /// <summary>Kestrel lets names and values through that no field can have (RFC 9110 5.1, 5.5).</summary>
        public bool TryTakeFields(out string fault)
        {
            fault = "";
            try
            {
                foreach (var (name, values) in _http.Request.Headers)
                {
                    foreach (var value in values)
                        RequestHeaders.Add(name, value ?? "");
                }
                return true;
            }
            catch (ArgumentException e)
            {
                fault = e.Message;
                return false;
            }
        }

        /// <summary>Kestrel ends the reply when the request is no longer served.</summary>
        public Task RepliedEarly => _repliedEarly.Task;

        protected override async ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken)
        {
            var body = new MemoryStream();
            var buffer = new byte[16 * 1024];
            try
            {
                while (await _http.Request.Body.ReadAsync(buffer, cancellationToken) is var count and > 0)
                {
                    body.Write(buffer, 0, count);
                    BodyBytesRead = body.Length;
                    if (body.Length > MaxRequestBodySize)
                        throw BodyTooLarge();
                }
            }
            catch (Exception e) when (e is BadHttpRequestException or IOException or InvalidOperationException)
            {
                // Kestrel's pump of a chunked body sometimes ends with the last one, if what follows the body is not a request.
                throw new HttpRefusalException(400, $"The body was cut off: {e.Message}");
            }
            return body.ToArray();
        }

        protected override bool CanStream => true;

        protected override void Abort()
        {
            _http.Abort();
            _repliedEarly.TrySetResult();
        }

        protected override async ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
        {
            var response = _http.Response;
            if (part is ReplyPart.Whole or ReplyPart.First)
                SetHead(response, head);
            try
            {
                response.BodyWriter.Write(body.Span);
                await response.BodyWriter.FlushAsync();
                // This token is Kestrel's only signal of a disconnected client.
                if (part != ReplyPart.Whole && _http.RequestAborted.IsCancellationRequested)
                    throw new IOException("The client is gone.");
                if (head.IsEarly)
                    await response.CompleteAsync();
            }
            finally
            {
                if (head.IsEarly)
                    _repliedEarly.TrySetResult();
            }
        }

        private void SetHead(HttpResponse response, HttpResponseHead head)
        {
            response.StatusCode = head.StatusCode;
            foreach (var (name, value) in head.Headers)
                response.Headers.Append(name, value);
            response.ContentLength = head.ContentLength;
            var hasUnreadBody = !BodyIsRead && (ContentLength ?? (RequestHeaders.Contains("Transfer-Encoding") ? 1 : 0)) > 0;
            if (head.EndsConnection || hasUnreadBody)
                response.Headers.Connection = "close";
        }
    }
}
