using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite.Load;

/// <summary>MapJsonRpc as its documentation describes it, except for limits.</summary>
internal static class MapJsonRpcServer
{
    public static int Start(Workload workload)
    {
        if (workload != Workload.Subtract)
            throw new ArgumentException("It serves JSON-RPC alone.", nameof(workload));
        return KestrelServer.Start(
            builder => builder.Services.AddJsonRpc(options =>
            {
                options.Limits.MaxConcurrentCalls = ServerProcess.ConnectionLimit;
                options.Limits.MaxRequestBodySize = options.Limits.MaxResponseBodySize = ServerProcess.BodyLimit;
            }).AddMethods(methods => methods.Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend)),
            app => app.MapJsonRpc("/"));
    }
}
