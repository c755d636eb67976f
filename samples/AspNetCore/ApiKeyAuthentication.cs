using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;

namespace Shop;

/// <summary>
/// Authenticates a caller by a key in the header <c>X-Api-Key</c>. The configuration has the keys under <c>ApiKeys</c>: the user's name, and the key's SHA-256 in hex digits,
/// so that the file reveals no key.
/// </summary>
public sealed class ApiKeyAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, IConfiguration configuration)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers["X-Api-Key"].ToString() is not { Length: > 0 } key)
            return Task.FromResult(AuthenticateResult.NoResult());
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        foreach (var user in configuration.GetSection("ApiKeys").GetChildren())
        {
            if (!CryptographicOperations.FixedTimeEquals(hash, Convert.FromHexString(user["Sha256"] ?? "")))
                continue;
            var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, user.Key), new Claim(ClaimTypes.Role, user["Role"] ?? "")], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }
        return Task.FromResult(AuthenticateResult.Fail("The API key is not known."));
    }
}
