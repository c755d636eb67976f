using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace JsonRpcLite;

/// <summary>Identifies the caller of an idempotency key, so that no caller can read the stored reply of another.</summary>
internal static class CallerOfKey
{
    /// <summary>Returns a text that is unique to the caller.</summary>
    /// <returns>An empty text for an unauthenticated caller; <c>null</c> for an authenticated one that nothing distinguishes from others.</returns>
    public static string? Of(ClaimsPrincipal? user, HttpExchange exchange)
    {
        if (user?.Identity?.IsAuthenticated != true)
            return "";
        // An id takes precedence over the name, which may be a display name that several users share and that can change.
        if ((user.FindFirst(ClaimTypes.NameIdentifier) ?? user.FindFirst("sub")) is { Value.Length: > 0 } id)
            return $"i{Part(id.Value)}{Part(id.Issuer)}";
        if (user.Identity.Name is { Length: > 0 } name)
            return $"n{Part(name)}";
        return exchange.RequestHeaders["Authorization"] is { Length: > 0 } token ? $"t{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}" : null;
    }

    /// <summary>Returns a text with its length in front, so that no two lists of parts make the same text.</summary>
    public static string Part(string? text) => $"{text?.Length ?? 0}:{text}";
}
