using System.Buffers.Text;
using System.Security.Cryptography;

namespace JsonRpcLite;

/// <summary>The entity tag of a body, by which a client asks whether the body has changed (RFC 9110 8.8.3).</summary>
internal static class EntityTag
{
    /// <summary>Returns half of the SHA-256: equal bodies have equal tags, on every server and after every restart.</summary>
    public static string Of(ReadOnlySpan<byte> body)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(body, hash);
        return $"\"{Base64Url.EncodeToString(hash[..16])}\"";
    }

    /// <summary>Whether the value of an <c>If-None-Match</c> header has the tag, by weak comparison (RFC 9110 13.1.2).</summary>
    /// <remarks>A malformed value is read up to its first fault.</remarks>
    public static bool IsNamed(string? ifNoneMatch, string tag)
    {
        var rest = ifNoneMatch.AsSpan().Trim();
        if (rest is "*")
            return true;
        while (!rest.IsEmpty)
        {
            if (rest.StartsWith("W/"))
                rest = rest[2..];
            if (rest.Length < 2 || rest[0] != '"' || rest[1..].IndexOf('"') is not (var length and >= 0))
                return false;
            if (rest[..(length + 2)].SequenceEqual(tag))
                return true;
            rest = rest[(length + 2)..].TrimStart(" \t,");
        }
        return false;
    }
}
