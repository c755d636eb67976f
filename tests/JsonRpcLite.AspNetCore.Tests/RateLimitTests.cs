using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>Rate limits with MapJsonRpc, where the application identifies callers and trusts proxies.</summary>
public class RateLimitTests
{
    [Fact]
    public async Task Each_user_of_the_application_is_limited_separately()
    {
        var clock = new JsonRpcLite.Tests.ManualClock();
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Configuration["RateLimits:*"] = "2";
                builder.Services.AddSingleton<TimeProvider>(clock);
                TestAuthentication.Add(builder.Services);
                builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => 1)).UseRateLimits(builder.Configuration.GetSection("RateLimits"));
            },
            app => app.MapJsonRpc("/rpc"));
        using var alice = app.MakeClientOf("alice");
        using var bob = app.MakeClientOf("bob");
        using var anonymous = app.MakeClient();

        (await CountAsync(alice), await CountAsync(bob), await CountAsync(anonymous)).Should().Be((2, 2, 2));
        var refused = (await alice.Invoking(c => c.CallAsync("one")).Should().ThrowAsync<JsonRpcException>()).Which;
        (refused.Code, refused.StatusCode).Should().Be((JsonRpcErrorCodes.TooManyCalls, HttpStatusCode.OK));
        refused.ErrorData!.ToJsonString().Should().Be("""{"retryAfterMs":500,"notRun":true}""");
    }

    [Fact]
    public async Task The_applications_own_middleware_identifies_the_caller_behind_a_proxy()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddSingleton<TimeProvider>(new JsonRpcLite.Tests.ManualClock());
                builder.Services.Configure<ForwardedHeadersOptions>(options => options.ForwardedHeaders = ForwardedHeaders.XForwardedFor);
                builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => 1)).UseRateLimits(new Dictionary<string, JsonRpcRate> { ["*"] = 2 });
            },
            app =>
            {
                app.UseForwardedHeaders();
                app.MapJsonRpc("/rpc");
            });

        foreach (var address in new[] { "192.0.2.1", "192.0.2.2" })
        {
            using var client = app.MakeClient(configure: options => options.Headers["X-Forwarded-For"] = address);
            (await CountAsync(client)).Should().Be(2);
        }
    }

    [Fact]
    public async Task Trusted_proxies_in_the_options_of_an_endpoint_are_an_error_at_startup()
    {
        var start = () => App.StartAsync(
            builder => builder.Services.AddJsonRpc(options => options.TrustedProxies = [System.Net.IPNetwork.Parse("10.0.0.0/8")])
                .AddMethods(methods => methods.Add("one", () => 1)),
            app => app.MapJsonRpc("/rpc"));

        (await start.Should().ThrowAsync<InvalidOperationException>()).WithMessage("JsonRpcServerOptions.TrustedProxies must not be set for MapJsonRpc: *UseForwardedHeaders*");
    }

    private static async Task<int> CountAsync(JsonRpcClient client)
    {
        var passed = 0;
        for (var i = 0; i < 5; i++)
        {
            try
            {
                await client.CallAsync("one");
                passed++;
            }
            catch (JsonRpcException e) when (e.Code == JsonRpcErrorCodes.TooManyCalls)
            {
            }
        }
        return passed;
    }
}
