using System.Security.Claims;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>Reads the user's name, followed by its roles, from a header: <c>User: ada admin</c>.</summary>
internal sealed class TestAuthentication(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    /// <summary>Adds it as the default scheme, and once more under another name and for another header.</summary>
    public static AuthenticationBuilder Add(IServiceCollection services) =>
        services.AddAuthentication("User").AddScheme<AuthenticationSchemeOptions, TestAuthentication>("User", null)
            .AddScheme<AuthenticationSchemeOptions, TestAuthentication>("Other", null);

    protected override Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers[Scheme.Name].ToString() is not { Length: > 0 } value)
            return Task.FromResult(AuthenticateResult.NoResult());
        var parts = value.Split(' ');
        var identity = new ClaimsIdentity([new Claim(ClaimTypes.Name, parts[0]), .. parts[1..].Select(role => new Claim(ClaimTypes.Role, role))], Scheme.Name);
        return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
    }
}
