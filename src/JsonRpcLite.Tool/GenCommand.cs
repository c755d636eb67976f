using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary><c>jsonrpc gen</c>: writes the code of a client.</summary>
internal static class GenCommand
{
    public static readonly Command Command = new("gen", "writes a client in TypeScript or C#", """
        jsonrpc gen SERVER|FILE --typescript|--csharp NAMESPACE [options]

        Writes a client for a server, from what its rpc.discover says, or from an OpenRPC document in a file.

          jsonrpc gen http://localhost:12345/ --typescript > client.ts
              one file without dependencies, for browsers, Node, Deno and Bun
          jsonrpc gen openrpc.json --typescript --output client.ts
          jsonrpc gen http://localhost:12345/ --csharp My.App > Shop.cs
              an interface with [JsonRpcContract] and its records, for client.As<IShop>() and for a server of your own

        Options:
              --typescript             a client in TypeScript
              --csharp NAMESPACE       a contract in C#, for projects with the package JsonRpcLite
          -o, --output FILE            write into a file; it is left alone when something fails
          -H, --header "Name: value"   a header of the request; may be given several times.
                                       -H @FILE reads one from each line, and keeps them out of ps
              --timeout TIME           how long the call may take: 5s, 500ms, 2m; 30 s by default

        A SERVER is a port, or has a colon in it: http://localhost:12345/, unix:/run/app.sock. Anything else is a FILE.
        Exit codes: 0 success, 1 the server answered with an error, 2 wrong usage, 3 no proper answer, 130 Ctrl+C.

        """, RunAsync);

    private static async Task<int> RunAsync(string[] given, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(given, ["--typescript"], ["--csharp", "--output", "--header", "--timeout"]);
        if (arguments.Rest is not [var source])
            throw new UsageException("One server or file is needed: jsonrpc gen SERVER|FILE.");
        var namespaceName = arguments.Find("--csharp");
        if (arguments.Has("--typescript") == namespaceName is not null)
            throw new UsageException("One language is needed: --typescript, or --csharp NAMESPACE.");
        if (namespaceName is not null && !CSharpText.IsNamespace(namespaceName))
            throw new UsageException($"'{namespaceName}' is not a namespace. Write --csharp My.App.");
        var text = namespaceName is null
            ? await TypeScriptAsync(source, arguments, cancellationToken).ConfigureAwait(false)
            : await CSharpAsync(source, namespaceName, arguments, cancellationToken).ConfigureAwait(false);
        if (arguments.Find("--output") is not { } path)
            await Terminal.Out.WriteAsync(text).ConfigureAwait(false);
        else
            await WriteAsync(path, text, cancellationToken).ConfigureAwait(false);
        return ExitCodes.Success;
    }

    /// <summary>The client is always written here: text that a server wrote could hold any code, and escapes for the terminal.</summary>
    private static async Task<string> TypeScriptAsync(string source, Arguments arguments, CancellationToken cancellationToken)
    {
        var document = await DocumentAsync(source, arguments, cancellationToken).ConfigureAwait(false);
        try
        {
            return JsonRpcTypeScript.FromOpenRpc(document);
        }
        catch (ArgumentException e)
        {
            var reason = UsageException.MessageOf(e);
            throw IsFile(source) ? new UsageException(reason) : new UnansweredException(reason);
        }
    }

    private static async Task<string> CSharpAsync(string source, string namespaceName, Arguments arguments, CancellationToken cancellationToken)
    {
        var document = await DocumentAsync(source, arguments, cancellationToken).ConfigureAwait(false);
        var (text, leftOut) = CSharpContract.Write(document, namespaceName);
        if (leftOut.Count > 0)
            await Terminal.Error.WriteLineAsync($"Left out, since a contract cannot express their parameters: {Terminal.Shown(string.Join(", ", leftOut))}").ConfigureAwait(false);
        return text;
    }

    private static async Task<JsonObject> DocumentAsync(string source, Arguments arguments, CancellationToken cancellationToken)
    {
        if (IsFile(source))
        {
            return File.Exists(source) || Directory.Exists(source)
                ? await OpenRpc.ReadAsync(source, cancellationToken).ConfigureAwait(false)
                : throw new UsageException($"There is no file '{source}'. A server is a port or has a colon in it: {(Path.HasExtension(source) ? "localhost" : source)}:12345.");
        }
        var server = ServerAddress.Read(source);
        using var client = server.MakeClient(arguments);
        return await OpenRpc.AskAsync(client, server, cancellationToken).ConfigureAwait(false);
    }

    private static bool IsFile(string source) =>
        !ServerAddress.IsAddress(source) && !source.All(char.IsAsciiDigit) && (File.Exists(source) || !source.Contains(':', StringComparison.Ordinal));

    private static async Task WriteAsync(string path, string text, CancellationToken cancellationToken)
    {
        try
        {
            await File.WriteAllTextAsync(path, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"The file '{path}' cannot be written: {Sentence.Of(e.Message)}");
        }
    }
}
