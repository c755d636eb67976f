using System.Security.Cryptography.X509Certificates;
using JsonRpcLite.Http11;

/// <summary>The exercise: parses a URL, sends the request, and joins the data of the response.</summary>
internal static class HttpGet
{
    public static Task<byte[]> GetAsync(Uri url, string? authorityFile = null) => Task.Run(() => Get(url, authorityFile));

    private static byte[] Get(Uri url, string? authorityFile)
    {
        if (url.Scheme is not ("http" or "https"))
            throw new ArgumentException($"{url.Scheme} is neither http nor https.");
        using var authority = authorityFile is null ? null : X509CertificateLoader.LoadCertificateFromFile(authorityFile);
        using var client = new TourClient(url.IdnHost, url.Port, url.Scheme == "https", authority);
        // The Host field has an IPv6 address in brackets.
        var host = url.HostNameType == UriHostNameType.IPv6 ? url.Host : url.IdnHost;
        client.Send(
            new Http11Request("GET", url.PathAndQuery, [("Host", url.IsDefaultPort ? host : $"{host}:{url.Port}"), ("Connection", "close")]),
            new Http11EndOfMessage());

        using var body = new MemoryStream();
        while (true)
        {
            switch (client.NextEvent(16 * 1024))
            {
                case Http11Response { StatusCode: >= 400 } refused:
                    throw new InvalidOperationException($"{url} answered {refused.StatusCode} {refused.Reason}.");
                case Http11Data data:
                    body.Write(data.Bytes.Span);
                    break;
                case Http11EndOfMessage:
                    return body.ToArray();
            }
        }
    }
}
