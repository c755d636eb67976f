namespace JsonRpcLite.Samples.Tests;

/// <summary>The calculator sample: every curl line of its README, pasted into a shell.</summary>
public class CalculatorTests
{
    [Fact]
    public async Task Every_curl_line_of_its_README_answers_as_it_says()
    {
        using var calculator = Command.StartSample("Calculator", "--port", "0");
        var port = new Uri(calculator.WaitForLine("Listening").Split(' ')[2]).Port;
        var readme = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "samples/Calculator/README.md"));

        var answers = new List<string>();
        foreach (var line in readme.Split('\n').Where(line => line.StartsWith("curl ", StringComparison.Ordinal)))
            answers.Add(
                (await Command.RunAsync("sh", "-c", line.Replace("curl ", "curl -sS ", StringComparison.Ordinal).Replace("12345/", $"{port}/", StringComparison.Ordinal))).Output);

        answers.Should().HaveCount(8);
        answers[0].Should().Be("""{"jsonrpc":"2.0","result":19,"id":1}""");
        answers[1].Should().Be("""{"jsonrpc":"2.0","result":19,"id":"two"}""");
        answers[2].Should().Be("""{"jsonrpc":"2.0","result":7.50,"id":3}""");
        answers[3].Should().Be("""{"jsonrpc":"2.0","result":{"n":12345678901234567890,"s":"😀"},"id":4}""");
        answers[4].Should().StartWith("HTTP/1.1 204");
        calculator.WaitForLine("update: [1,2,3]");
        answers[5].Should().Be("""[{"jsonrpc":"2.0","result":["hello",5],"id":5},{"jsonrpc":"2.0","error":{"code":-32601,"message":"Method not found"},"id":6}]""");
        answers[6].Should().Be("""{"jsonrpc":"2.0","error":{"code":17,"message":"no","data":[1.0]},"id":7}""");
        answers[7].Should().StartWith("""{"jsonrpc":"2.0","error":{"code":-32603,"message":"Internal error","data":{"id":""");
        calculator.Signal("TERM");
        var end = await calculator.EndAsync();
        end.ExitCode.Should().Be(0);
        end.Errors.Should().Contain("This is unexpected");
    }

    [Fact]
    public async Task An_update_is_printed_as_people_read_it()
    {
        using var calculator = Command.StartSample("Calculator", "--port", "0");
        var address = new Uri(calculator.WaitForLine("Listening").Split(' ')[2]);
        using var client = JsonRpc.MakeClient(address);

        await client.NotifyAsync("update", new { größe = "<5 Ω>" });

        calculator.WaitForLine("update").Should().Be("""update: {"größe":"<5 Ω>"}""");
    }

    [Fact]
    public async Task Invalid_arguments_show_the_usage() =>
        (await Command.RunSampleAsync("Calculator", "--port", "x")).ExitCode.Should().Be(2);
}
