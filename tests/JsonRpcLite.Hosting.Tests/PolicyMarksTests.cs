using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;

namespace Microsoft.AspNetCore.Authorization
{
    /// <summary>The interface of ASP.NET Core, which is recognized by its name.</summary>
    internal interface IAuthorizeData;

    internal interface IAllowAnonymous;

    [AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
    internal sealed class ByInterfaceAttribute : Attribute, IAuthorizeData;

    [AttributeUsage(AttributeTargets.Method)]
    internal sealed class OpenAttribute : Attribute, IAllowAnonymous;

    [AttributeUsage(AttributeTargets.Method)]
    internal class AuthorizeAttribute : Attribute;

    internal sealed class ByBaseTypeAttribute : AuthorizeAttribute;
}

namespace JsonRpcLite.Hosting.Tests
{
    /// <summary>Methods with [Authorize] are refused if nothing evaluates policies.</summary>
    public class PolicyMarksTests
    {
        private const string FreePort = """{ "JsonRpc": { "Port": 0 } }""";

        [Fact]
        public async Task A_method_with_Authorize_is_an_error_at_startup()
        {
            await Start(set => set.AddMethods<OnMethod>()).Should().ThrowAsync<InvalidOperationException>()
                .WithMessage("The method 'byInterface' has [Authorize]*RequireUser(\"byInterface\"*MapJsonRpc.");
            await Start(set => set.AddMethods<OnClass>()).Should().ThrowAsync<InvalidOperationException>().WithMessage("The method 'one' has [Authorize]*");
            await Start(set => set.AddMethods(methods => methods.Add("lambda", [ByBaseType] () => 1))).Should().ThrowAsync<InvalidOperationException>()
                .WithMessage("The method 'lambda' has [Authorize]*");
            await Start(set => set.AddService<IShop, GuardedShop>()).Should().ThrowAsync<InvalidOperationException>().WithMessage("The method 'shop.price' has [Authorize]*");
        }

        [Fact]
        public async Task A_method_that_is_open_to_everyone_is_served_whatever_its_class_says()
        {
            await using var host = await Start(set => set.AddMethods<Opened>())();
            using var client = host.MakeClient();

            (await client.CallAsync<int>("two")).Should().Be(2);
        }

        private static Func<Task<HostOfServers>> Start(Action<IJsonRpcBuilder> methods) =>
            () => HostOfServers.StartAsync(FreePort, services => services.AddJsonRpcServer(methods: methods));

        internal sealed class OnMethod
        {
            public int Free() => 0;

            [ByInterface]
            public int ByInterface() => 1;
        }

        [ByInterface]
        internal sealed class OnClass
        {
            public int One() => 1;
        }

        [ByInterface]
        internal sealed class Opened
        {
            [Open]
            public int Two() => 2;
        }

        internal sealed class GuardedShop : IShop
        {
            [ByInterface]
            public Task<int> PriceAsync(int amount) => Task.FromResult(amount);
        }
    }
}
