using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace JsonRpcLite;

/// <summary>Who has sent an idempotency key: no caller may read the reply that was kept for another.</summary>
internal static class CallerOfKey
{
    /// <summary>
    /// A text that no other caller has. Empty for a caller who is not authenticated; <c>null</c> for one who is, and of whom nothing is known that tells them from others.
    /// </summary>
    public static string? Of(ClaimsPrincipal? user, HttpExchange exchange)
    {
        if (user?.Identity?.IsAuthenticated != true)
            return "";
        // Beside an id the name does not count: it may be one that is only shown, shared by several users, and changed.
        if ((user.FindFirst(ClaimTypes.NameIdentifier) ?? user.FindFirst("sub")) is { Value.Length: > 0 } id)
            return $"i{Part(id.Value)}{Part(id.Issuer)}";
        if (user.Identity.Name is { Length: > 0 } name)
            return $"n{Part(name)}";
        return exchange.RequestHeaders["Authorization"] is { Length: > 0 } token ? $"t{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}" : null;
    }

    /// <summary>With its length in front, so that no two lists of parts make the same text.</summary>
    public static string Part(string? text) => $"{text?.Length ?? 0}:{text}";
}
