namespace JsonRpcLite.Tool;

/// <summary>The headers of <c>-H</c>. They may hold passwords, so no message repeats them.</summary>
internal static class RequestHeaders
{
    /// <param name="given">Each <c>Name: value</c>, or <c>@FILE</c> with one on each line.</param>
    /// <exception cref="UsageException">One of them is not a header, or the file cannot be read.</exception>
    public static IEnumerable<(string Name, string Value)> Read(IEnumerable<string> given) =>
        given.SelectMany(text => text is ['@', .. var path] ? ReadFile(path) : [ReadOne(text, "-H takes \"Name: value\" or @FILE. A header")]);

    private static IEnumerable<(string Name, string Value)> ReadFile(string path)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"The file '{path}' cannot be read: {Sentence.Of(e.Message)}");
        }
        return lines.Index()
            .Where(line => !string.IsNullOrWhiteSpace(line.Item))
            .Select(line => ReadOne(line.Item, $"The file '{path}' must hold \"Name: value\" on each line. Line {line.Index + 1}"));
    }

    /// <param name="text">The header.</param>
    /// <param name="subject">What a message begins with.</param>
    private static (string Name, string Value) ReadOne(string text, string subject)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        if (colon < 0)
            throw new UsageException($"{subject} has no colon.");
        var (name, value) = (text[..colon].Trim(), text[(colon + 1)..].Trim());
        // Where the first colon is missing, what stands before the second one may be a part of the value.
        if (!IsName(name))
            throw new UsageException($"{subject} has no name in front of its colon.");
        try
        {
            // The library knows which names and values it takes.
            new JsonRpcClientOptions().Headers[name] = value;
        }
        catch (ArgumentException)
        {
            throw new UsageException($"{subject}, {name}, holds a character that is not allowed in a value.");
        }
        return (name, value);
    }

    /// <summary>A token, RFC 9110, 5.6.2.</summary>
    private static bool IsName(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal));
}
