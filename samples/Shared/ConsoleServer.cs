using JsonRpcLite;

namespace Shared;

/// <summary>Runs the server of a sample in a console: it says where the server listens, and stops it at Ctrl+C or SIGTERM.</summary>
internal static class ConsoleServer
{
    /// <param name="start">Makes the server.</param>
    /// <param name="tryIt">A command to try the server with, for its address.</param>
    /// <returns>The exit code of the program: 1 if the server could not start.</returns>
    public static async Task<int> RunAsync(Func<JsonRpcServer> start, Func<Uri, string>? tryIt = null)
    {
        try
        {
            using var server = start();
            if (tryIt is not null)
                Console.WriteLine($"Try:\n  {tryIt(server.Address)}");
            await server.RunUntilSignalAsync(Console.Out);
            return 0;
        }
        catch (IOException e)
        {
            Console.Error.WriteLine(e.Message);
            return 1;
        }
    }
}
