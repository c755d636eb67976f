using JsonRpcLite;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds methods and middleware to a set of methods.</summary>
/// <remarks><see cref="JsonRpcServiceCollectionExtensions.AddJsonRpc(IServiceCollection, Action{JsonRpcServerOptions}?)"/> returns it.</remarks>
public interface IJsonRpcBuilder
{
    /// <summary>The services of the application.</summary>
    IServiceCollection Services { get; }

    /// <summary>The name of the set; empty for the default set.</summary>
    string Name { get; }
}
