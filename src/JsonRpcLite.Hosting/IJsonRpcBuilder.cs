using JsonRpcLite;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>
/// Adds methods and middleware to a set that <see cref="JsonRpcServiceCollectionExtensions.AddJsonRpc(IServiceCollection, Action{JsonRpcServerOptions}?)"/> has begun.
/// </summary>
public interface IJsonRpcBuilder
{
    /// <summary>The services of the application.</summary>
    IServiceCollection Services { get; }

    /// <summary>The name of the set; empty for the default one.</summary>
    string Name { get; }
}
