namespace JsonRpcLite;

/// <summary>The name of a server, and the keys by which messages call its settings.</summary>
/// <param name="Name">The name of its set; empty for the default one.</param>
/// <param name="Section">The section of the configuration; <c>null</c> where the options are set in code alone.</param>
internal sealed record HostKeys(string Name, string? Section)
{
    /// <summary>The key of a setting, as an operator has to write it.</summary>
    /// <param name="path">The path below the section, with colons.</param>
    public string Of(string path) => Section is null ? $"{nameof(JsonRpcHostOptions)}.{path.Replace(':', '.')}" : $"{Section}:{path}";

    /// <summary>The sentence of a property's setter, with the key in place of the property's name.</summary>
    /// <param name="key">The key.</param>
    /// <param name="exception">What the setter has thrown.</param>
    public static string Describe(string key, ArgumentException exception)
    {
        var text = exception.Message;
        var end = text.IndexOf(" (Parameter '", StringComparison.Ordinal);
        if (end >= 0)
            text = text[..end];
        return exception.ParamName is { Length: > 0 } property && text.StartsWith(property, StringComparison.Ordinal) ? $"{key}{text[property.Length..]}" : $"{key}: {text}";
    }
}
