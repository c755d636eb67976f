using System.Text.Json.Nodes;

namespace JsonRpcLite.Tool;

/// <summary><c>jsonrpc list</c>: shows what a server can be asked.</summary>
internal static class ListCommand
{
    /// <summary>A longer signature has its summary a line below.</summary>
    private const int WidestSignature = 48;

    public static readonly Command Command = new("list", "lists the methods of a server", """
        jsonrpc list SERVER [options]

        Lists the methods of a server, as its rpc.discover describes them: name(parameters)  summary.
        A question mark stands behind a parameter that may be left out, and * in front of a method that streams its result.

          jsonrpc list http://localhost:12345/
          jsonrpc list 12345 | grep order
          jsonrpc list 12345 --json > openrpc.json
              the whole OpenRPC document, with schemas; serve --mock and gen read it

        Options:
              --json                   print the OpenRPC document
          -H, --header "Name: value"   a header of the request; may be given several times.
                                       -H @FILE reads one from each line, and keeps them out of ps
              --timeout TIME           how long the call may take: 5s, 500ms, 2m; 30 s by default

        Exit codes: 0 success, 1 the server answered with an error, 2 wrong usage, 3 no proper answer, 130 Ctrl+C.

        """, RunAsync);

    private static async Task<int> RunAsync(string[] given, CancellationToken cancellationToken)
    {
        var arguments = new Arguments(given, ["--json"], ["--header", "--timeout"]);
        if (arguments.Rest is not [var server])
            throw new UsageException("One server is needed: jsonrpc list SERVER.");
        var address = ServerAddress.Read(server);
        using var client = address.MakeClient(arguments);
        var document = await OpenRpc.AskAsync(client, address, cancellationToken).ConfigureAwait(false);
        if (arguments.Has("--json"))
            Terminal.WriteJson(document);
        else
            Print(document);
        return ExitCodes.Success;
    }

    private static void Print(JsonObject document)
    {
        var lines = OpenRpc.MethodsOf(document)
            .Select(method => (
                Mark: method.Method["x-stream"] is JsonObject ? "*" : "",
                Name: Terminal.Shown(method.Name),
                Parameters: ParametersOf(document, method.Method),
                Summary: SummaryOf(method.Method)))
            .ToList();
        var hasMarks = lines.Any(line => line.Mark.Length > 0);
        var width = lines.Select(line => line.Name.Length + line.Parameters.Length).Where(length => length <= WidestSignature).DefaultIfEmpty().Max();
        foreach (var (mark, name, parameters, summary) in lines)
        {
            var indent = hasMarks ? mark.PadRight(1) : "";
            var length = name.Length + parameters.Length;
            var signature = $"{indent}{Terminal.Bold(name)}{parameters}";
            Terminal.Out.WriteLine(
                summary.Length == 0 ? signature
                : length > width ? $"{signature}\n{new string(' ', indent.Length + width)}  {Terminal.Dim(summary)}"
                : $"{signature}{new string(' ', width - length)}  {Terminal.Dim(summary)}");
        }
    }

    private static string ParametersOf(JsonObject document, JsonObject method)
    {
        var parameters = OpenRpc.ParametersOf(document, method)
            .Select(parameter => $"{Terminal.Shown(parameter.Name)}{(SchemaTypes.IsTrue(parameter.Parameter["required"]) ? "" : "?")}");
        return $"({string.Join(", ", parameters)})";
    }

    /// <summary>The summary, or the first line of the description.</summary>
    private static string SummaryOf(JsonObject method) =>
        Terminal.Shown(SchemaTypes.TextOf(method["summary"]) is { Length: > 0 } summary ? summary
            : (SchemaTypes.TextOf(method["description"]) ?? "").Trim().Split('\n')[0].TrimEnd());
}
