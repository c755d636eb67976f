using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace JsonRpcLite;

/// <summary>Reads and writes a call in a request target: <c>?method={name}&amp;params={JSON}</c>.</summary>
/// <remarks>Both values are percent-encoded UTF-8 (RFC 3986 2.1). A plus is a space, as forms and URLSearchParams write it. Other names are ignored.</remarks>
internal static class CallTarget
{
    private const string MethodName = "method=", ParamsName = "params=";

    /// <summary>The characters that are not encoded (RFC 3986 2.3).</summary>
    /// <remarks>All others are encoded, so that equal calls have equal targets.</remarks>
    private static readonly SearchValues<byte> Unreserved = SearchValues.Create("-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"u8);

    /// <summary>Whether the target has a method, well-formed or not; such a target never shows a page.</summary>
    public static bool IsCall(string target)
    {
        var query = QueryOf(target);
        foreach (var range in query.Split('&'))
        {
            if (query[range].StartsWith(MethodName, StringComparison.Ordinal))
                return true;
        }
        return false;
    }

    /// <summary>Reads a call, or returns what is wrong with it.</summary>
    /// <param name="target">The target.</param>
    /// <param name="method">The method's name in UTF-8.</param>
    /// <param name="parameters">The unchecked text of the parameters in UTF-8; <c>null</c> where there is none.</param>
    /// <param name="fault">A description of the fault.</param>
    public static bool TryRead(string target, [NotNullWhen(true)] out byte[]? method, out byte[]? parameters, [NotNullWhen(false)] out string? fault)
    {
        (method, parameters, fault) = (null, null, null);
        var query = QueryOf(target);
        foreach (var range in query.Split('&'))
        {
            var part = query[range];
            if (part.StartsWith(MethodName, StringComparison.Ordinal))
                fault ??= Take(part[MethodName.Length..], "method", ref method);
            else if (part.StartsWith(ParamsName, StringComparison.Ordinal))
                fault ??= Take(part[ParamsName.Length..], "params", ref parameters);
        }
        if (method is null)
            fault ??= "The target has no method=NAME.";
        return fault is null;
    }

    /// <summary>Writes a call as a query.</summary>
    /// <param name="method">The method's name in UTF-8.</param>
    /// <param name="parameters">The JSON of the parameters; empty where there are none.</param>
    public static string Write(ReadOnlySpan<byte> method, ReadOnlySpan<byte> parameters)
    {
        var query = new StringBuilder(MethodName);
        Append(query, method);
        if (!parameters.IsEmpty)
            Append(query.Append('&').Append(ParamsName), parameters);
        return query.ToString();
    }

    /// <summary>Joins a path, with or without a query, and another query.</summary>
    public static string Join(string pathAndQuery, string query) => $"{pathAndQuery}{(pathAndQuery.Contains('?') ? '&' : '?')}{query}";

    private static ReadOnlySpan<char> QueryOf(string target)
    {
        var begin = target.IndexOf('?') + 1;
        if (begin == 0)
            return default;
        var query = target.AsSpan(begin);
        return query.IndexOf('#') is var end and >= 0 ? query[..end] : query;
    }

    private static string? Take(ReadOnlySpan<char> text, string name, ref byte[]? value)
    {
        if (value is not null)
            return $"The target has '{name}' twice.";
        value = new byte[text.Length];
        var length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is > '~' or < '!')
                return $"The value of '{name}' has a character that must be percent-encoded (RFC 3986 2.1).";
            if (text[i] != '%')
                value[length++] = text[i] == '+' ? (byte)' ' : (byte)text[i];
            else if (i + 2 < text.Length && byte.TryParse(text.Slice(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value[length++]))
                i += 2;
            else
                return $"The value of '{name}' has a '%' without two hexadecimal digits behind it (RFC 3986 2.1).";
        }
        value = value[..length];
        return Utf8.IsValid(value) ? null : $"The value of '{name}' is not UTF-8.";
    }

    private static void Append(StringBuilder target, ReadOnlySpan<byte> text)
    {
        foreach (var octet in text)
        {
            if (Unreserved.Contains(octet))
                target.Append((char)octet);
            else
                target.Append('%').Append(octet.ToString("X2", CultureInfo.InvariantCulture));
        }
    }
}
