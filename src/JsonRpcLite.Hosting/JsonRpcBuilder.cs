using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

internal sealed record JsonRpcBuilder(IServiceCollection Services, string Name) : IJsonRpcBuilder;
