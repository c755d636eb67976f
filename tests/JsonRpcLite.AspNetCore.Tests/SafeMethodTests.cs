using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>Calls by QUERY and GET through MapJsonRpc: routing lets them pass, and the application's rules apply as for a POST.</summary>
public class SafeMethodTests
{
    private static readonly HttpMethod Query = new("QUERY");

    [Theory]
    [InlineData("guarded", null, 403)]
    [InlineData("guarded", "ada", 403)]
    [InlineData("guarded", "ada admin", 200)]
    [InlineData("open", null, 200)]
    [InlineData("write", "ada admin", 404)]
    public async Task A_policy_on_a_method_applies(string method, string? user, int status)
    {
        await using var app = await StartAsync();
        using var http = new HttpClient();
        (string, string)[] headers = user is null ? [] : [("User", user)];

        using var got = await app.SendAsync(http, HttpMethod.Get, $"/rpc?method={method}", body: null, headers);
        using var queried = await app.SendAsync(http, Query, "/rpc", $$"""{"jsonrpc":"2.0","method":"{{method}}","id":1}""", headers);

        ((int)got.StatusCode).Should().Be(status);
        ((int)queried.StatusCode).Should().Be(status == 404 ? 405 : 200);
        (await queried.Content.ReadAsStringAsync()).Should().Contain(status switch
        {
            200 => "\"result\":1",
            403 => "-32003",
            _ => "marked Safe",
        });
    }

    [Theory]
    [InlineData(null, "public")]
    [InlineData("ada", "private")]
    public async Task A_reply_to_an_authenticated_caller_is_private(string? user, string control)
    {
        await using var app = await StartAsync();
        using var http = new HttpClient();

        using var reply = await app.SendAsync(http, HttpMethod.Get, "/rpc?method=open", body: null, user is null ? [] : [("User", user)]);

        reply.Headers.CacheControl!.ToString().Should().Be(control == "public" ? "public, max-age=60" : "max-age=60, private");
    }

    [Fact]
    public async Task The_policy_of_the_endpoint_is_evaluated_first()
    {
        await using var app = await StartAsync();
        using var http = new HttpClient();

        using var got = await app.SendAsync(http, HttpMethod.Get, "/closed?method=open", body: null);
        using var queried = await app.SendAsync(http, Query, "/closed", """{"jsonrpc":"2.0","method":"open","id":1}""");
        using var allowed = await app.SendAsync(http, HttpMethod.Get, "/closed?method=open", body: null, ("User", "ada"));

        ((int)got.StatusCode, (int)queried.StatusCode, (int)allowed.StatusCode).Should().Be((401, 401, 200));
    }

    [Fact]
    public async Task The_applications_CORS_policy_allows_QUERY_if_it_names_it()
    {
        await using var app = await StartAsync();
        using var http = new HttpClient();
        (string, string)[] headers = [("Origin", "https://good.example"), ("Access-Control-Request-Method", "QUERY"), ("Access-Control-Request-Headers", "content-type")];

        using var preflight = await app.SendAsync(http, HttpMethod.Options, "/rpc", body: null, headers);
        using var queried = await app.SendAsync(http, Query, "/rpc", """{"jsonrpc":"2.0","method":"open","id":1}""", ("Origin", "https://good.example"));
        using var got = await app.SendAsync(http, HttpMethod.Get, "/rpc?method=open", body: null, ("Origin", "https://good.example"));

        preflight.Headers.GetValues("Access-Control-Allow-Methods").Should().Equal("POST,QUERY");
        foreach (var reply in new[] { queried, got })
        {
            ((int)reply.StatusCode).Should().Be(200);
            reply.Headers.GetValues("Access-Control-Allow-Origin").Should().Equal("https://good.example");
        }
        got.Headers.Vary.Should().Contain(["Authorization", "Origin"]);
    }

    private static Task<App> StartAsync() => App.StartAsync(
        builder =>
        {
            TestAuthentication.Add(builder.Services);
            builder.Services.AddAuthorization();
            builder.Services.AddJsonRpc();
            builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.WithOrigins("https://good.example").WithMethods("POST", "QUERY").AllowAnyHeader()));
        },
        app =>
        {
            app.UseCors();
            app.UseAuthentication();
            app.UseAuthorization();
            app.MapJsonRpc("/rpc", Methods(), new JsonRpcServerOptions { Protocol = { AllowGet = true } });
            app.MapJsonRpc("/closed", Methods(), new JsonRpcServerOptions { Protocol = { AllowGet = true } }).RequireAuthorization();
        });

    private static JsonRpcMethods Methods() => new JsonRpcMethods()
        .Add("open", [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 60, AllowSharedCache = true)] () => 1)
        .Add("guarded", [Authorize(Roles = "admin"), JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)] () => 1)
        .Add("write", () => 1);
}
