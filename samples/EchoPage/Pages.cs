using JsonRpcLite;

namespace EchoPage;

/// <summary>The replies to GET: one page, or the files of a folder.</summary>
internal sealed class Pages(string? folder = null)
{
    private readonly string? _root = folder is null ? null : Path.GetFullPath(folder) + Path.DirectorySeparatorChar;

    public async ValueTask ShowAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (_root is null)
            exchange.Reply(200, "text/html; charset=utf-8", "<h1>Welcome to my Server</h1>");
        else if (Find(exchange.Path) is { } file)
            exchange.Reply(200, TypeOf(file), await File.ReadAllBytesAsync(file, cancellationToken));
        else
            exchange.Reply(404, "text/plain; charset=utf-8", $"There is no {exchange.Path} here.");
    }

    /// <summary>The file that a path names; <c>null</c> if it does not exist or is outside the folder.</summary>
    private string? Find(string path)
    {
        var name = Uri.UnescapeDataString(path).TrimStart('/');
        if (name.Contains('\0') || name.Contains('\\'))
            return null;
        var file = Path.GetFullPath(Path.Combine(_root!, name));
        if (Directory.Exists(file))
            file = Path.Combine(file, "index.html");
        // Neither dots nor links lead out of the folder.
        var target = File.Exists(file) ? File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file : null;
        return target?.StartsWith(_root!, StringComparison.Ordinal) == true ? target : null;
    }

    private static string TypeOf(string file) => Path.GetExtension(file).ToLowerInvariant() switch
    {
        ".html" or ".htm" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".json" => "application/json",
        ".txt" or ".md" => "text/plain; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        ".jpg" or ".jpeg" => "image/jpeg",
        ".ico" => "image/x-icon",
        _ => "application/octet-stream",
    };
}
