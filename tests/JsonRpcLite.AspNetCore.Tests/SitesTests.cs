using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>Host names and origins: those that the application allows in ASP.NET Core are allowed, and others are refused.</summary>
public class SitesTests
{
    private const string Call = """{"jsonrpc":"2.0","method":"one","id":1}""";
    private const string Failing = """{"jsonrpc":"2.0","method":"fail","id":1}""";

    [Fact]
    public async Task Without_cors_a_page_of_another_origin_is_refused_before_anything_runs()
    {
        var calls = 0;
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => o.AllowedOrigins = ["https://listed.example"]).AddMethods(methods => methods.Add("one", () => ++calls)),
            app => app.MapJsonRpc("/rpc"));

        using var foreign = await app.PostAsync("/rpc", Call, ("Origin", "https://evil.example"));
        using var listed = await app.PostAsync("/rpc", Call, ("Origin", "https://listed.example"));

        foreign.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        (await foreign.Content.ReadAsStringAsync()).Should().Contain("AllowedOrigins");
        listed.StatusCode.Should().Be(HttpStatusCode.OK);
        AllowedOrigins(listed).Should().Equal("https://listed.example");
        calls.Should().Be(1);
    }

    [Theory]
    [InlineData("endpoint")]
    [InlineData("inline")]
    [InlineData("default")]
    public async Task The_applications_policy_decides_and_writes_the_header_once(string kind)
    {
        var calls = 0;
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddCors(cors =>
                {
                    cors.AddPolicy("good", policy => policy.WithOrigins("https://good.example").AllowAnyHeader());
                    if (kind == "default")
                        cors.AddDefaultPolicy(policy => policy.WithOrigins("https://good.example").AllowAnyHeader());
                });
                builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => ++calls));
            },
            app =>
            {
                app.UseCors();
                var endpoint = app.MapJsonRpc("/rpc");
                if (kind == "endpoint")
                    endpoint.RequireCors("good");
                else if (kind == "inline")
                    endpoint.RequireCors(policy => policy.WithOrigins("https://good.example").AllowAnyHeader());
            });
        using var client = new HttpClient();

        using var preflight = await app.SendAsync(client, HttpMethod.Options, "/rpc", null, ("Origin", "https://good.example"), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type"));
        using var good = await app.PostAsync("/rpc", Call, ("Origin", "https://good.example"));
        using var evil = await app.PostAsync("/rpc", Call, ("Origin", "https://evil.example"));
        using var own = await app.PostAsync("/rpc", Call, ("Origin", app.Address.GetLeftPart(UriPartial.Authority)));

        preflight.StatusCode.Should().Be(HttpStatusCode.NoContent);
        AllowedOrigins(preflight).Should().Equal("https://good.example");
        good.StatusCode.Should().Be(HttpStatusCode.OK);
        AllowedOrigins(good).Should().Equal("https://good.example");
        evil.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        AllowedOrigins(evil).Should().BeEmpty();
        own.StatusCode.Should().Be(HttpStatusCode.OK, "it is the server's own page");
        calls.Should().Be(2);
    }

    [Theory]
    [InlineData("api.example", null, null, HttpStatusCode.Forbidden)]
    [InlineData("api.example", "*", null, HttpStatusCode.Forbidden)]
    [InlineData("api.example", "api.example;other.example", null, HttpStatusCode.OK)]
    [InlineData("x.api.example:81", "*.api.example", null, HttpStatusCode.OK)]
    [InlineData("evil.example", "api.example", null, HttpStatusCode.BadRequest)]
    [InlineData("api.example", null, "api.example", HttpStatusCode.OK)]
    [InlineData("x.api.example", null, "*.api.example", HttpStatusCode.OK)]
    [InlineData("evil.example", null, "api.example", HttpStatusCode.NotFound)]
    [InlineData("api.example", null, "*", HttpStatusCode.Forbidden)]
    [InlineData("localhost", null, null, HttpStatusCode.OK)]
    [InlineData("own.example", null, null, HttpStatusCode.OK)]
    public async Task A_host_name_is_allowed_by_the_configuration_or_by_the_endpoint(string host, string? allowed, string? required, HttpStatusCode status)
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                if (allowed is not null)
                    builder.Configuration.AddInMemoryCollection([new("AllowedHosts", allowed)]);
                builder.Services.AddJsonRpc(o => o.AllowedHosts = ["own.example"]).AddMethods(methods => methods.Add("one", () => 1));
            },
            app =>
            {
                var endpoint = app.MapJsonRpc("/rpc");
                if (required is not null)
                    endpoint.RequireHost(required);
            });

        using var reply = await app.PostAsync("/rpc", Call, ("Host", host));

        reply.StatusCode.Should().Be(status);
        if (status == HttpStatusCode.Forbidden)
            (await reply.Content.ReadAsStringAsync()).Should().Contain("AllowedHosts");
    }

    [Theory]
    [InlineData(null, true)]
    [InlineData("Forwarded", false)]
    [InlineData("X-Forwarded-For", false)]
    [InlineData("Via", false)]
    public async Task Exception_details_and_the_page_are_only_for_requests_from_this_machine(string? proxy, bool isShown)
    {
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => (o.DetailedErrors, o.OnUnhandledException) = (true, _ => { }))
                .AddMethods(methods => methods.Add("fail", int () => throw new InvalidOperationException("inside"))),
            app => app.MapJsonRpc("/rpc"));
        using var client = new HttpClient();
        (string, string)[] headers = proxy is null ? [] : [(proxy, "for=192.0.2.1")];

        using var failed = await app.PostAsync("/rpc", Failing, headers);
        using var page = await app.SendAsync(client, HttpMethod.Get, "/rpc", null, [("Accept", "text/html"), .. headers]);

        (await failed.Content.ReadAsStringAsync()).Contains("inside", StringComparison.Ordinal).Should().Be(isShown);
        page.StatusCode.Should().Be(isShown ? HttpStatusCode.OK : HttpStatusCode.MethodNotAllowed);
    }

    [Fact]
    public async Task A_server_that_other_machines_can_reach_shows_no_details()
    {
        await using var app = await App.StartAsync(
            builder => builder.Services.AddJsonRpc(o => (o.DetailedErrors, o.OnUnhandledException) = (true, _ => { }))
                .AddMethods(methods => methods.Add("fail", int () => throw new InvalidOperationException("inside"))),
            app =>
            {
                app.Use((http, next) =>
                {
                    http.Connection.RemoteIpAddress = IPAddress.Parse("192.0.2.1");
                    return next(http);
                });
                app.MapJsonRpc("/rpc");
            });

        using var failed = await app.PostAsync("/rpc", Failing);

        (await failed.Content.ReadAsStringAsync()).Should().Contain("-32603").And.NotContain("inside");
    }

    [Fact]
    public async Task A_policy_for_any_origin_lets_every_page_call()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                builder.Services.AddCors(cors => cors.AddDefaultPolicy(policy => policy.AllowAnyOrigin().AllowAnyHeader()));
                builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("one", () => 1));
            },
            app =>
            {
                app.UseCors();
                app.MapJsonRpc("/rpc");
            });

        using var page = await app.PostAsync("/rpc", Call, ("Origin", "https://any.example"));
        using var opaque = await app.PostAsync("/rpc", Call, ("Origin", "null"));

        page.StatusCode.Should().Be(HttpStatusCode.OK);
        AllowedOrigins(page).Should().Equal("*");
        opaque.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    private static string[] AllowedOrigins(HttpResponseMessage reply) => reply.Headers.TryGetValues("Access-Control-Allow-Origin", out var values) ? [.. values] : [];
}
