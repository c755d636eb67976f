using System.Collections.Concurrent;
using System.Security.Claims;

namespace Middleware;

/// <summary>Stands for a service that issues tokens: each is valid until all are revoked.</summary>
internal sealed class Sessions
{
    private readonly ConcurrentDictionary<string, ClaimsPrincipal> _users = new();

    public string Issue(string user, string? permission)
    {
        var token = Guid.NewGuid().ToString("N");
        var claims = new List<Claim> { new(ClaimTypes.Name, user) };
        if (permission is not null)
            claims.Add(new Claim("permission", permission));
        _users[token] = new ClaimsPrincipal(new ClaimsIdentity(claims, "Sample"));
        return token;
    }

    public void RevokeAll() => _users.Clear();

    public ValueTask<ClaimsPrincipal?> AuthenticateAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        var token = exchange.RequestHeaders["Authorization"]?.Replace("Bearer ", "", StringComparison.Ordinal) ?? "";
        return new(_users.GetValueOrDefault(token));
    }
}
