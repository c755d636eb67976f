using System.Globalization;
using System.Text;

Console.OutputEncoding = new UTF8Encoding(false);
switch (args)
{
    case ["get", var url]:
        await Console.OpenStandardOutput().WriteAsync(await HttpGet.GetAsync(new Uri(url)));
        return 0;

    case ["get", "--ca", var authority, var url]:
        await Console.OpenStandardOutput().WriteAsync(await HttpGet.GetAsync(new Uri(url), authority));
        return 0;

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
