namespace JsonRpcLite.Tests;

/// <summary>A test with HAProxy in front. Skipped if it is not installed; .ci/run installs it, and then the test must run.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BalancerFactAttribute : FactAttribute
{
    public BalancerFactAttribute()
    {
        if (!File.Exists(Balancer.Program))
            Skip = $"HAProxy is missing. To run this test: apt-get install haproxy (or any HAProxy at {Balancer.Program})";
    }
}
