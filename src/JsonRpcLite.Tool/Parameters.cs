using System.Text.Json;
using System.Text.Unicode;

namespace JsonRpcLite.Tool;

/// <summary>The parameters of a call as they stand on the command line, in a file or on standard input. Their digits stay as they are.</summary>
internal static class Parameters
{
    /// <param name="text">JSON; <c>-</c> for standard input, <c>@FILE</c> for a file; <c>null</c> for no parameters.</param>
    /// <param name="cancellationToken">Ends the waiting for standard input.</param>
    /// <exception cref="UsageException">It is not JSON, or neither an array nor an object.</exception>
    public static async Task<JsonElement?> ReadAsync(string? text, CancellationToken cancellationToken)
    {
        var (bytes, source) = text switch
        {
            null => ([], ""),
            "-" => (await ReadInputAsync(cancellationToken).ConfigureAwait(false), "Standard input"),
            ['@', .. var path] => (await ReadFileAsync(path, cancellationToken).ConfigureAwait(false), $"The file {path}"),
            "" => ([], "The argument for the parameters"),
            _ => (System.Text.Encoding.UTF8.GetBytes(text), $"The argument {text}"),
        };
        if (text is null)
            return null;
        try
        {
            var json = Checked(bytes, source);
            var parameters = JsonElement.Parse(json.Span);
            // The server would refuse them, and the message would blame its answer.
            if (JsonText.ExplainRefusal(json.Span, JsonText.MaxRequestDepth) is { } fault)
                throw new UsageException($"{source} cannot be sent: {fault}.");
            return parameters.ValueKind is JsonValueKind.Array or JsonValueKind.Object
                ? parameters
                : throw new UsageException($"{source} is a single value. Parameters are an array or an object: '[{parameters.GetRawText()}]'.");
        }
        catch (JsonException e)
        {
            var shell = text.StartsWith('{') || text.StartsWith('[') ? " Put it into single quotation marks, and names and text into double ones: '{\"name\": \"tea\"}'." : "";
            throw new UsageException($"{source} is not JSON: {Sentence.Of(e.Message)}{shell}");
        }
    }

    /// <summary>A JSON text without the byte order mark that a file from Windows may begin with.</summary>
    /// <exception cref="UsageException">It is not UTF-8, or holds text that no other program can read.</exception>
    public static ReadOnlyMemory<byte> Checked(ReadOnlyMemory<byte> bytes, string source)
    {
        if (bytes.IsEmpty)
            throw new UsageException($"{source} is empty.");
        if (JsonText.FindFault(bytes.Span) is not { } fault)
            return bytes[^JsonText.WithoutMark(bytes.Span).Length..];
        throw new UsageException(Utf8.IsValid(bytes.Span) ? $"{source} is not JSON: {fault}." : $"{source} is not UTF-8.");
    }

    /// <exception cref="UsageException">The file cannot be read.</exception>
    public static async Task<byte[]> ReadFileAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(path, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"The file '{path}' cannot be read: {Sentence.Of(e.Message)}");
        }
    }

    private static async Task<byte[]> ReadInputAsync(CancellationToken cancellationToken)
    {
        var bytes = new MemoryStream();
        var input = Console.OpenStandardInput();
        // A read of the console cannot be cancelled, and must not keep Ctrl+C waiting.
        await Task.Run(() => input.CopyTo(bytes), CancellationToken.None).WaitAsync(cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }
}
