namespace JsonRpcLite.Samples.Tests;

/// <summary>The middleware sample: what it prints, and that each file is short enough to copy.</summary>
public class MiddlewareTests
{
    [Fact]
    public async Task It_prints_what_its_middleware_sees_and_refreshes_a_token_once_for_fifty_calls()
    {
        var end = await Command.RunSampleAsync("Middleware");

        (end.ExitCode, end.Errors).Should().Be((0, ""));
        var lines = end.Output.Split('\n');
        lines.Should().Contain("audit: 1 Ann stock.set: success")
            .And.Contain("audit: 1 Bob stock.get: success")
            .And.Contain("Bob sees 3")
            .And.Contain("audit: 2 Bob stock.set: error -32003")
            .And.Contain("Bob gets -32003: Not allowed")
            .And.Contain("audit: 3 Bob slow: timed out")
            .And.Contain("Bob gets -32001: The call took longer than 3 s.")
            .And.Contain("audit: notification Ann stock.set: success");
        lines.Should().ContainSingle(line => line.StartsWith("log: slow took 3", StringComparison.Ordinal) || line.StartsWith("log: slow took 4", StringComparison.Ordinal));
        lines.Count(line => line.StartsWith("audit:", StringComparison.Ordinal)).Should().Be(lines.Count(line => line.StartsWith("log:", StringComparison.Ordinal)))
            .And.Be(55, "a rejected request is not a call");
        lines[^1].Should().MatchRegex(@"^Of 50 calls at once [1-9]\d* were rejected, and the token was refreshed 1 time\(s\)\.$");
    }

    [Theory]
    [InlineData("CallLog")]
    [InlineData("AuditLog")]
    [InlineData("Permissions")]
    [InlineData("TokenRefresh")]
    public void Each_middleware_is_a_file_of_at_most_25_lines(string file) =>
        File.ReadAllLines(Path.Combine(Repository.Root, "samples/Middleware", $"{file}.cs")).Length.Should().BeLessThanOrEqualTo(25);
}
