using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using JsonRpcLite.Http11;

Console.OutputEncoding = new UTF8Encoding(false);
switch (args)
{
    case ["get", var url]:
        return await GetAsync(url, null);

    case ["get", "--ca", var authority, var url]:
        return await GetAsync(url, authority);

    case ["serve"] or ["serve", _]:
        await ServeAsync(args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 0);
        return 0;

    case []:
        Tour();
        return 0;

    default:
        Console.Error.WriteLine("Http11Tour [get [--ca FILE] URL | serve [PORT]]");
        return 2;
}

static async Task<int> GetAsync(string url, string? authorityFile)
{
    try
    {
        await Console.OpenStandardOutput().WriteAsync(await HttpGet.GetAsync(new Uri(url), authorityFile));
        return 0;
    }
    catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException or IOException or SocketException
        or AuthenticationException or RemoteProtocolException)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }
}

static async Task ServeAsync(int port)
{
    using var server = new TourServer(port);
    Console.WriteLine($"http://127.0.0.1:{server.Port}/");
    // Until the input ends: Ctrl+D in a terminal, or the end of the pipe that started it.
    await Console.In.ReadToEndAsync();
}

static void Tour()
{
    using var server = new TourServer(0);
    new Walkthrough("127.0.0.1", server.Port).Run();
}
