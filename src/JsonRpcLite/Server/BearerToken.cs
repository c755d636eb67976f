using System.Buffers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;

namespace JsonRpcLite;

/// <summary>Authenticates requests by bearer tokens (RFC 6750 2.1).</summary>
/// <remarks>
/// On the server, set <c>new() { Authenticate = BearerToken.Check("a-token") }</c>; on the client, set <c>Headers = { ["Authorization"] = "Bearer a-token" }</c>. Others can read
/// and use a token that is sent without encryption: use TLS, or loopback alone.
/// </remarks>
public static class BearerToken
{
    private const string Scheme = "Bearer";

    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("-._~+/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>Returns a function that accepts one token for all callers; the user has no name.</summary>
    /// <exception cref="ArgumentException">The token is empty, or holds characters that a token cannot have.</exception>
    public static Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>> Check(string token) => Check([("", token)]);

    /// <summary>Returns a function that accepts one token for each user.</summary>
    /// <remarks>The keys of the dictionary are the names of the users, which <see cref="JsonRpcCall.User"/> has; the values are their tokens.</remarks>
    /// <exception cref="ArgumentException">A token is empty, holds characters that a token cannot have, or belongs to two users.</exception>
    public static Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>> Check(IReadOnlyDictionary<string, string> tokensByUser)
    {
        ArgumentNullException.ThrowIfNull(tokensByUser);
        var check = Check([.. tokensByUser.Select(u => (u.Key, u.Value))]);
        // The message does not name the users: if names and tokens were mixed up, the names are the tokens.
        if (tokensByUser.Values.Distinct(StringComparer.Ordinal).Count() < tokensByUser.Count)
            throw new ArgumentException("Two users share the same token. Give each user a token of their own.", nameof(tokensByUser));
        return check;
    }

    private static Func<HttpExchange, CancellationToken, ValueTask<ClaimsPrincipal?>> Check((string Name, string Token)[] tokens)
    {
        var known = tokens.Select(t => (User: MakeUser(t.Name), Hash: Hash(CheckToken(t.Token)))).ToArray();
        return (exchange, _) => new(Find(known, exchange.RequestHeaders["Authorization"]));
    }

    /// <summary>Finds the user of a token.</summary>
    /// <remarks>
    /// It compares hashes, which all have the same length, and always compares them to the end, so that its time does not reveal how much of a token was right.
    /// </remarks>
    private static ClaimsPrincipal? Find((ClaimsPrincipal User, byte[] Hash)[] known, string? authorization)
    {
        if (authorization is null || !authorization.StartsWith(Scheme + " ", StringComparison.OrdinalIgnoreCase))
            return null;
        var shown = Hash(authorization[(Scheme.Length + 1)..].Trim(' '));
        ClaimsPrincipal? found = null;
        foreach (var (user, hash) in known)
        {
            if (CryptographicOperations.FixedTimeEquals(shown, hash))
                found = user;
        }
        return found;
    }

    private static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    private static ClaimsPrincipal MakeUser(string name) => new(new ClaimsIdentity(name.Length == 0 ? [] : [new Claim(ClaimTypes.Name, name)], Scheme));

    private static string CheckToken(string token)
    {
        const string Empty =
            "A bearer token is empty. An environment variable or configuration key that is not set gives an empty text, or null: set it to the token before the server starts.";
        if (string.IsNullOrEmpty(token))
            throw token is null ? new ArgumentNullException(nameof(token), Empty) : new ArgumentException(Empty, nameof(token));
        // RFC 6750 2.1: b64token.
        var characters = token.AsSpan().TrimEnd('=');
        if (characters.IsEmpty || characters.ContainsAnyExcept(TokenCharacters))
            throw new ArgumentException("A bearer token must consist of letters, digits and -._~+/, and may have = only at its end (RFC 6750 2.1).", nameof(token));
        return token;
    }
}
