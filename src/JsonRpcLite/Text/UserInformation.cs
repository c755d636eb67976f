using System.Buffers;
using System.Text;

namespace JsonRpcLite;

/// <summary>Handles the user name and password of an address (RFC 3986 3.2.1), which no message may show.</summary>
internal static class UserInformation
{
    /// <summary>The characters that end the authority of an address.</summary>
    private static readonly SearchValues<char> Ends = SearchValues.Create("/?#\\ \t\r\n'\"<>");

    /// <summary>Removes the user information from all addresses in a text.</summary>
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

    /// <summary>Formats a text that is not an address for a message.</summary>
    /// <remarks>The position of a password in it is unknown, so a text that may contain one is not shown.</remarks>
    public static string Shown(string text) => text.Contains('@') ? "The address" : $"'{text}'";

    /// <exception cref="ArgumentException">The address has user information.</exception>
    public static void Refuse(Uri address, string parameterName)
    {
        if (address.IsAbsoluteUri && address.UserInfo.Length > 0)
        {
            throw new ArgumentException(
                $"The address '{RemoveFrom(address.ToString())}' contains user information (name:password@), which is not sent. Remove it, and set the header Authorization instead.", parameterName);
        }
    }
}
