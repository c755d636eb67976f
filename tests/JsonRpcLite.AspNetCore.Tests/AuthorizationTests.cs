using System.Security.Claims;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.AspNetCore.Tests;

/// <summary>Policies on methods, on their class, and on a contract.</summary>
public class AuthorizationTests
{
    [Theory]
    [InlineData(null, "open")]
    [InlineData("ada", "open", "users", "class.users")]
    [InlineData("ada admin", "open", "users", "admins", "policy", "class.users", "class.admins", "contract.admins")]
    public async Task A_caller_may_call_and_sees_only_what_the_policies_allow(string? user, params string[] mayCall)
    {
        await using var app = await StartAsync();
        using var client = user is null ? app.MakeClient() : app.MakeClientOf(user);
        string[] all = ["open", "users", "admins", "policy", "class.users", "class.open", "class.admins", "contract.admins"];
        string[] expected = [.. all.Where(mayCall.Contains), "class.open"];

        var shown = (await client.CallAsync<JsonNode>("rpc.discover"))!["methods"]!.AsArray().Select(m => m!["name"]!.GetValue<string>());
        shown.Where(all.Contains).Should().BeEquivalentTo(expected);
        var batch = client.CreateBatch();
        var calls = all.Select(name => (name, Call: batch.CallAsync<int>(name))).ToList();
        await batch.SendAsync();
        foreach (var (name, call) in calls)
        {
            if (expected.Contains(name))
                (await call).Should().Be(1, name);
            else
                (await call.Invoking(c => c).Should().ThrowAsync<JsonRpcException>(name)).Which.Code.Should().Be(JsonRpcErrorCodes.NotAllowed);
        }
    }

    [Fact]
    public async Task A_policy_may_name_its_own_scheme_and_each_call_of_a_batch_is_authorized_separately()
    {
        await using var app = await StartAsync();
        using var client = app.MakeClient(configure: options =>
        {
            options.Headers["User"] = "ada";
            options.Headers["Other"] = "bob admin";
        });

        for (var round = 0; round < 20; round++)
        {
            var batch = client.CreateBatch();
            var other = Enumerable.Range(0, 8).Select(_ => batch.CallAsync<int>("otherAdmins")).ToList();
            var users = Enumerable.Range(0, 8).Select(_ => batch.CallAsync<int>("admins")).ToList();
            await batch.SendAsync();
            (await Task.WhenAll(other)).Should().OnlyContain(result => result == 1);
            foreach (var call in users)
                (await call.Invoking(c => c).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.NotAllowed, "ada is not an admin");
        }
    }

    [Fact]
    public async Task The_user_of_a_call_comes_from_the_schemes_of_its_policy()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                TestAuthentication.Add(builder.Services);
                builder.Services.AddAuthorization();
                builder.Services.AddJsonRpc().AddMethods(methods => methods
                    .Add("user", (JsonRpcCall call) => call.User?.Identity?.Name)
                    .Add("other", [Authorize(AuthenticationSchemes = "Other")] (ClaimsPrincipal user) => user.Identity?.Name));
            },
            app => app.MapJsonRpc("/rpc"));
        using var client = app.MakeClient(configure: options => (options.Headers["User"], options.Headers["Other"]) = ("ada", "bob"));
        using var second = app.MakeClient(configure: options => options.Headers["Other"] = "bob");

        var batch = client.CreateBatch();
        var calls = new[] { "user", "other", "user" }.Select(name => batch.CallAsync<string>(name)).ToList();
        await batch.SendAsync();

        (await Task.WhenAll(calls)).Should().Equal("ada", "bob", "ada");
        (await second.CallAsync<string>("other")).Should().Be("bob");
        (await second.CallAsync<string?>("user")).Should().BeNull();
    }

    [Fact]
    public async Task A_scoped_authorization_handler_is_not_used_by_two_calls_at_once()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                TestAuthentication.Add(builder.Services);
                builder.Services.AddScoped<IAuthorizationHandler, ScopedHandler>();
                builder.Services.AddAuthorizationBuilder().AddPolicy("scoped", policy => policy.AddRequirements(new Alone()));
                builder.Services.AddJsonRpc(o => o.Protocol.MaxBatchParallelism = 4)
                    .AddMethods(methods => methods.Add("one", [Authorize("scoped")] () => 1));
            },
            app => app.MapJsonRpc("/rpc"));
        using var client = app.MakeClient();

        (await client.CallAsync<int>("one")).Should().Be(1);
        var batch = client.CreateBatch();
        var calls = Enumerable.Range(0, 40).Select(_ => batch.CallAsync<int>("one")).ToList();
        await batch.SendAsync();

        (await Task.WhenAll(calls)).Should().OnlyContain(result => result == 1);
    }

    [Fact]
    public async Task A_policy_on_an_object_that_serves_a_contract_applies()
    {
        await using var app = await App.StartAsync(
            builder =>
            {
                TestAuthentication.Add(builder.Services);
                builder.Services.AddAuthorization();
                builder.Services.AddJsonRpc().AddMethods(methods => methods.AddService<IGuarded>(new Implementation()));
            },
            app => app.MapJsonRpc("/rpc"));
        using var ada = app.MakeClientOf("ada");
        using var admin = app.MakeClientOf("ada admin");

        (await ada.Invoking(c => c.As<IGuarded>().AdminsAsync()).Should().ThrowAsync<JsonRpcException>()).Which.Code.Should().Be(JsonRpcErrorCodes.NotAllowed);
        (await admin.As<IGuarded>().AdminsAsync()).Should().Be(1);
    }

    [Fact]
    public async Task Discovery_evaluates_each_policy_once()
    {
        var asked = 0;
        await using var app = await App.StartAsync(
            builder =>
            {
                TestAuthentication.Add(builder.Services);
                builder.Services.AddAuthorizationBuilder().AddPolicy("counted", policy => policy.RequireAssertion(_ => ++asked > 0));
                builder.Services.AddJsonRpc().AddMethods(methods =>
                {
                    for (var i = 0; i < 10; i++)
                        methods.Add($"m{i}", [Authorize("counted")] () => 1);
                });
            },
            app => app.MapJsonRpc("/rpc"));
        using var client = app.MakeClient();

        await client.CallAsync<JsonNode>("rpc.discover");
        asked.Should().Be(1);
        await client.CallAsync<JsonNode>("rpc.discover");
        asked.Should().Be(2);
    }

    [Fact]
    public void A_method_with_a_policy_needs_the_authorization_services()
    {
        var builder = App.MakeBuilder();
        builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("x", [Authorize] () => 1));
        var app = builder.Build();

        app.Invoking(a => a.MapJsonRpc("/rpc")).Should().Throw<InvalidOperationException>().WithMessage("The method 'x' requires authorization*AddAuthorization().");
    }

    [Fact]
    public void If_every_method_must_declare_authorization_one_without_it_is_an_error_at_startup()
    {
        Map(methods => methods.Add("x", () => 1)).Should().Throw<InvalidOperationException>()
            .WithMessage("The method 'x' does not specify who may call it*RequireMarkedMethods is set*");
        Map(methods => methods.AddFallback((_, _) => default)).Should().Throw<InvalidOperationException>();
        Map(methods => methods.Add("a", [Authorize] () => 1).Add("b", [AllowAnonymous] () => 1).Add("c", () => 1).RequireUser("c").Add("d", () => 1)
            .AddMetadata("d", new AuthorizeAttribute())).Should().NotThrow();

        static Action Map(Action<JsonRpcMethods> add) => () =>
        {
            var builder = App.MakeBuilder();
            builder.Services.AddAuthorization();
            builder.Services.AddJsonRpc().AddMethods(add);
            builder.Build().MapJsonRpc("/rpc", options => options.RequireMarkedMethods = true);
        };
    }

    [Fact]
    public void An_open_class_with_a_protected_method_is_an_error_at_the_start()
    {
        Map<OpenClass>().Should().Throw<InvalidOperationException>()
            .WithMessage("The method 'Closed' has [Authorize], but [AllowAnonymous] overrides it*");
        Map<Guarded>().Should().NotThrow("a method may be open in a protected class");

        static Action Map<T>()
            where T : class => () =>
        {
            var builder = App.MakeBuilder();
            builder.Services.AddAuthorization();
            builder.Services.AddJsonRpc().AddMethods<T>();
            builder.Build().MapJsonRpc("/rpc");
        };
    }

    [Fact]
    public void A_scheme_or_a_policy_that_the_application_does_not_have_is_an_error_at_the_start()
    {
        var noScheme = new AuthorizeAttribute { AuthenticationSchemes = "User, Othr" };
        Map(noScheme).Should().Throw<InvalidOperationException>().WithMessage("The method 'x' requires the authentication scheme 'Othr'*AddAuthentication()*");
        Map(new AuthorizeAttribute("byScheme")).Should().Throw<InvalidOperationException>().WithMessage("*'x'*scheme 'Gone'*");
        Map(new AuthorizationPolicyBuilder("Gone").RequireAuthenticatedUser().Build()).Should().Throw<InvalidOperationException>().WithMessage("*'x'*scheme 'Gone'*");
        Map(new AuthorizeAttribute { AuthenticationSchemes = "User" }, services => services.AddAuthorization()).Should().Throw<InvalidOperationException>()
            .WithMessage("*scheme 'User'*AddAuthentication()*");
        Map(new AuthorizeAttribute("nothing")).Should().Throw<InvalidOperationException>().WithMessage("The method 'x' requires the policy 'nothing'*AddPolicy(\"nothing\"*");

        Map(new AuthorizeAttribute { AuthenticationSchemes = "User,Other" }).Should().NotThrow();
        Map(new AuthorizeAttribute("later"), services => AddKnown(services).AddSingleton<IAuthorizationPolicyProvider, PoliciesOfLater>())
            .Should().NotThrow("a provider of the application's own may learn names later");

        static IServiceCollection AddKnown(IServiceCollection services)
        {
            TestAuthentication.Add(services);
            services.AddAuthorizationBuilder().AddPolicy("byScheme", policy => policy.AddAuthenticationSchemes("Gone").RequireAuthenticatedUser());
            return services;
        }

        static Action Map(object metadata, Func<IServiceCollection, IServiceCollection>? add = null) => () =>
        {
            var builder = App.MakeBuilder();
            (add ?? AddKnown)(builder.Services);
            builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("x", () => 1).AddMetadata("x", metadata));
            builder.Build().MapJsonRpc("/rpc");
        };
    }

    private static Task<App> StartAsync() => App.StartAsync(
        builder =>
        {
            TestAuthentication.Add(builder.Services);
            builder.Services.AddAuthorizationBuilder().AddPolicy("policy", policy => policy.RequireRole("admin"));
            builder.Services.AddJsonRpc(o => o.Protocol.MaxBatchParallelism = 4)
                .AddMethods(methods => methods
                    .Add("open", () => 1)
                    .Add("users", [Authorize] () => 1)
                    .Add("admins", [Authorize(Roles = "admin")] async () =>
                    {
                        await Task.Yield();
                        return 1;
                    })
                    .Add("policy", [Authorize("policy")] () => 1)
                    .Add("otherAdmins", [Authorize(Roles = "admin", AuthenticationSchemes = "Other")] () => 1))
                .AddMethods<Guarded>("class.")
                .AddService<IGuarded, Implementation>();
        },
        app => app.MapJsonRpc("/rpc"));

    internal sealed class PoliciesOfLater : IAuthorizationPolicyProvider
    {
        private static readonly AuthorizationPolicy Default = new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build();

        public Task<AuthorizationPolicy> GetDefaultPolicyAsync() => Task.FromResult(Default);

        public Task<AuthorizationPolicy?> GetFallbackPolicyAsync() => Task.FromResult<AuthorizationPolicy?>(null);

        public Task<AuthorizationPolicy?> GetPolicyAsync(string policyName) => Task.FromResult<AuthorizationPolicy?>(null);
    }

    internal sealed class Alone : IAuthorizationRequirement;

    /// <summary>Allows a call only if no other call is being authorized.</summary>
    internal sealed class ScopedHandler : AuthorizationHandler<Alone>
    {
        private int _asking;

        protected override async Task HandleRequirementAsync(AuthorizationHandlerContext context, Alone requirement)
        {
            var isAlone = Interlocked.Increment(ref _asking) == 1;
            await Task.Yield();
            Interlocked.Decrement(ref _asking);
            if (isAlone)
                context.Succeed(requirement);
        }
    }

    [Authorize]
    internal sealed class Guarded
    {
        public int Users() => 1;

        [AllowAnonymous]
        public int Open() => 1;

        [Authorize(Roles = "admin")]
        public int Admins() => 1;
    }

    [AllowAnonymous]
    internal sealed class OpenClass
    {
        public int Open() => 1;

        [Authorize]
        public int Closed() => 1;
    }

    internal sealed class Implementation : IGuarded
    {
        [Authorize(Roles = "admin")]
        public Task<int> AdminsAsync() => Task.FromResult(1);
    }
}

/// <summary>A contract for the tests.</summary>
[JsonRpcContract("contract.")]
internal partial interface IGuarded
{
    Task<int> AdminsAsync();
}
