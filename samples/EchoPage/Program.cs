// A web server that echoes whatever is posted, byte for byte, and shows a page, or the files of a folder, to whoever asks. README.md beside this file says how to run it.
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using EchoPage;
using JsonRpcLite;
using static JsonRpcLite.JsonRpc;

const string Usage = "Usage: EchoPage [--port N] [--log] [--files DIR] [--tls]";

var port = 8888;
var isLogged = false;
Pages pages = new();
SslServerAuthenticationOptions? tls = null;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--log")
        isLogged = true;
    else if (args[i] == "--tls")
        tls = new() { ServerCertificate = MakeCertificate() };
    else if (args[i] == "--port" && i + 1 < args.Length && ushort.TryParse(args[i + 1], out var number))
        (port, i) = (number, i + 1);
    else if (args[i] == "--files" && i + 1 < args.Length && Directory.Exists(args[i + 1]))
        pages = new Pages(args[++i]);
    else
        return Fail(Usage, exitCode: 2);
}

try
{
    using var server = MakeServer(port, AnswerAsync, new() { Transport = new SocketTransport { TlsOptions = tls }, TrafficLog = isLogged ? Console.Out : null });
    var running = server.RunUntilSignalAsync();
    Console.WriteLine($"Listening on {server.Address} (Ctrl+C ends it).");
    await running;
    return 0;
}
catch (IOException e)
{
    return Fail(e.Message, exitCode: 1);
}

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

// Nobody but this program knows it, so a browser warns and curl wants -k: it is for trying TLS, not for trusting.
static X509Certificate2 MakeCertificate()
{
    using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
    return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
}

static int Fail(string message, int exitCode)
{
    Console.Error.WriteLine(message);
    return exitCode;
}
