// A web server that echoes whatever is posted, byte for byte, and shows a page or the files of a folder. README.md beside this file says how to run it.
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EchoPage;
using JsonRpcLite;
using Shared;
using static JsonRpcLite.JsonRpc;

var arguments = new CommandLine(args, port: 8888, "--log", "--files DIR", "--tls");
var folder = arguments["--files"];
if (folder is not null && !Directory.Exists(folder))
    arguments.EndWithUsage();
var pages = new Pages(folder);
SslServerAuthenticationOptions? tls = arguments.Has("--tls") ? new() { ServerCertificate = MakeCertificate() } : null;

return await ConsoleServer.RunAsync(() => MakeServer(arguments.Port, AnswerAsync, new()
{
    Transport = new SocketTransport { TlsOptions = tls },
    TrafficLog = arguments.Has("--log") ? Console.Out : null,
}));

async ValueTask AnswerAsync(HttpExchange exchange, CancellationToken cancellationToken)
{
    switch (exchange.Method)
    {
        case "POST":
            var body = await exchange.ReadBodyAsync(cancellationToken);
            exchange.Reply(200, exchange.RequestHeaders["Content-Type"] ?? "text/plain", body.Span);
            break;
        case "GET" or "HEAD":
            await pages.ShowAsync(exchange, cancellationToken);
            break;
        default:
            exchange.ResponseHeaders["Allow"] = "GET, HEAD, POST";
            exchange.Reply(405, "text/plain", $"{exchange.Method} NOT Allowed");
            break;
    }
}

// For trying TLS on this machine only: no client trusts this certificate. A server that others call loads one that a certificate authority has issued.
static X509Certificate2 MakeCertificate()
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
    return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
}
