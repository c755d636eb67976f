using System.Buffers;
using System.Text;

namespace JsonRpcLite;

/// <summary>The name and password that an address can carry in front of its host (RFC 3986 3.2.1). No message shows them.</summary>
internal static class UserInformation
{
    /// <summary>Where the authority of an address ends at the latest.</summary>
    private static readonly SearchValues<char> Ends = SearchValues.Create("/?#\\ \t\r\n'\"<>");

    /// <summary>The text without the user information of the addresses in it.</summary>
    public static string RemoveFrom(string text)
    {
        if (!text.Contains('@') || !text.Contains("//", StringComparison.Ordinal))
            return text;
        var shown = new StringBuilder(text.Length);
        var rest = text.AsSpan();
        while (rest.IndexOf("//") is var slashes and >= 0)
        {
            shown.Append(rest[..(slashes + 2)]);
            rest = rest[(slashes + 2)..];
            var authority = rest.IndexOfAny(Ends) is var end and >= 0 ? rest[..end] : rest;
            rest = rest[(authority.LastIndexOf('@') + 1)..];
        }
        return shown.Append(rest).ToString();
    }

    /// <summary>A text that is not an address, for a message. Where a password is in it cannot be told, so one that may hold any is not shown.</summary>
    public static string Shown(string text) => text.Contains('@') ? "The address" : $"'{text}'";

    /// <exception cref="ArgumentException">The address has user information.</exception>
    public static void Refuse(Uri address, string parameterName)
    {
        if (address.IsAbsoluteUri && address.UserInfo.Length > 0)
        {
            throw new ArgumentException(
                $"The address '{RemoveFrom(address.ToString())}' holds user information (name:password@), which is not sent. Take it out, and set the header Authorization instead.", parameterName);
        }
    }
}
