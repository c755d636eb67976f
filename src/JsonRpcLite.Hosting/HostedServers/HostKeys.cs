namespace JsonRpcLite;

/// <summary>The name of a server, and the keys of its settings in messages.</summary>
/// <param name="Name">The name of the server's set; empty for the default set.</param>
/// <param name="Section">The section of the configuration; <c>null</c> if the options are set only in code.</param>
internal sealed record HostKeys(string Name, string? Section)
{
    /// <summary>The key of a setting, as an operator must write it.</summary>
    /// <param name="path">The path below the section, with colons.</param>
    public string Of(string path) => Section is null ? $"{nameof(JsonRpcHostOptions)}.{path.Replace(':', '.')}" : $"{Section}:{path}";

    /// <summary>Gets the message of a property's setter, with the key instead of the property's name.</summary>
    /// <param name="key">The key.</param>
    /// <param name="exception">The exception of the setter.</param>
    public static string Describe(string key, ArgumentException exception)
    {
        var text = exception.Message;
        var end = text.IndexOf(" (Parameter '", StringComparison.Ordinal);
        if (end >= 0)
            text = text[..end];
        return exception.ParamName is { Length: > 0 } property && text.StartsWith(property, StringComparison.Ordinal) ? $"{key}{text[property.Length..]}" : $"{key}: {text}";
    }
}
