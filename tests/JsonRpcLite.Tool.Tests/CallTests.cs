namespace JsonRpcLite.Tool.Tests;

public sealed class CallTests : IDisposable
{
    private readonly Shop _shop = new();

    public void Dispose() => _shop.Dispose();

    [Theory]
    [InlineData("[42,23]", "19")]
    [InlineData("""{"minuend":42,"subtrahend":23}""", "19")]
    [InlineData("[42]", "41")]
    public async Task It_prints_the_result_in_one_line(string parameters, string result)
    {
        var end = await ToolProcess.RunAsync("call", _shop.Address, "subtract", parameters);

        end.Should().Be(new Result(0, $"{result}\n", ""));
    }

    [Fact]
    public async Task Digits_and_text_stay_as_they_are()
    {
        const string Value = """{"n":12345678901234567890,"f":1.0,"e":1e400,"s":"wörld 😀 \"\\"}""";

        var end = await ToolProcess.RunAsync("call", _shop.Address, "echo", $"[{Value}]");

        end.Should().Be(new Result(0, $"{Value}\n", ""));
    }

    [Fact]
    public async Task Parameters_come_from_standard_input_and_from_a_file()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "\ufeff[7, 3]\n");

        var input = await ToolProcess.RunWithInputAsync("[5,\n2]", "call", _shop.Address, "subtract", "-");
        var fromFile = await ToolProcess.RunAsync("call", _shop.Address, "subtract", $"@{file}");
        File.Delete(file);

        input.Should().Be(new Result(0, "3\n", ""));
        fromFile.Should().Be(new Result(0, "4\n", ""));
    }

    [Theory]
    [InlineData("-", "Standard input")]
    [InlineData("@FILE", "The file FILE")]
    public async Task Bytes_that_are_not_UTF8_are_refused(string parameters, string source)
    {
        var file = Path.GetTempFileName();
        await File.WriteAllBytesAsync(file, [(byte)'[', (byte)'"', 0xFF, (byte)'"', (byte)']']);

        var end = await ToolProcess.RunShellAsync($"jsonrpc call {_shop.Address} echo {parameters.Replace("FILE", file, StringComparison.Ordinal)} < {file}");
        File.Delete(file);

        end.Should().Be(new Result(2, "", $"jsonrpc call: {source.Replace("FILE", file, StringComparison.Ordinal)} is not UTF-8. See jsonrpc call --help.\n"));
    }

    [Fact]
    public async Task A_port_is_an_address_of_this_machine()
    {
        var end = await ToolProcess.RunAsync("call", $"{new Uri(_shop.Address).Port}", "subtract", "[2]");

        end.Should().Be(new Result(0, "1\n", ""));
    }

    [Fact]
    public async Task It_calls_over_a_Unix_socket()
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        using var shop = new Shop(Path.Combine(folder, "s"));

        var end = await ToolProcess.RunAsync("call", $"unix:{folder}/s", "subtract", "[2]");

        end.Should().Be(new Result(0, "1\n", ""));
        (await ToolProcess.RunAsync("call", $"unix:{folder}/t", "subtract")).Should().Be(new Result(3, "", $"No answer: There is no socket unix:{folder}/t.\n"));
        shop.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData(":/rpc", "/rpc")]
    [InlineData(":/a/b?c=d", "/a/b?c=d")]
    public async Task A_path_follows_the_Unix_socket(string written, string target)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        using (var server = JsonRpc.MakeServer(
            0,
            new JsonRpcMethods().Add("target", (JsonRpcCall call) => call.Exchange.Target),
            new() { Transport = new SocketTransport { EndPoint = new System.Net.Sockets.UnixDomainSocketEndPoint($"{folder}/s") } }))
        {
            var end = await ToolProcess.RunAsync("call", $"unix:{folder}/s{written}", "target");

            end.Should().Be(new Result(0, $"\"{target}\"\n", ""));
        }
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task A_stream_is_printed_item_by_item()
    {
        var rows = await ToolProcess.RunAsync("call", _shop.Address, "rows", """{"count":2}""");
        var none = await ToolProcess.RunAsync("call", _shop.Address, "rows", "[0]");

        rows.Should().Be(new Result(0, """
            {"number":1,"name":"row 1"}
            {"number":2,"name":"row 2"}

            """, ""));
        none.Should().Be(new Result(0, "", ""));
    }

    [Fact]
    public async Task A_stream_ends_when_its_output_is_closed()
    {
        var end = await ToolProcess.RunShellAsync($"set -o pipefail; jsonrpc call {_shop.Address} rows '[2000000000]' | head -1");

        end.Should().Be(new Result(141, """{"number":1,"name":"row 1"}""" + "\n", ""));
    }

    [Fact]
    public async Task Progress_is_shown_on_a_terminal_alone()
    {
        const string Arguments = """import '[["a","b"]]'""";

        var terminal = await ToolProcess.RunOnTerminalAsync($"call {_shop.Address} {Arguments}");
        var pipe = await ToolProcess.RunShellAsync($"jsonrpc call {_shop.Address} {Arguments}");

        terminal.Should().Contain("\r\e[Kimport: 2\r\e[K2\n");
        pipe.Should().Be(new Result(0, "2\n", ""));
    }

    [Theory]
    [InlineData("xterm", "", "\r\u001b[Kimport: \r\u001b[K")]
    [InlineData("xterm", "1", "\r\u001b[Kimport: \r\u001b[K")]
    [InlineData("dumb", "", "\rimport: \r        \r")]
    public async Task Progress_is_cut_to_the_terminal_and_leaves_nothing_behind(string terminal, string noColor, string shown)
    {
        var output = await ToolProcess.RunOnTerminalAsync($"call {_shop.Address} import '[[\"a\"]]'", columns: 9, ("TERM", terminal), ("NO_COLOR", noColor));

        output.Should().EndWith($"{shown}1\n");
    }

    [Fact]
    public async Task On_a_terminal_the_result_is_indented_and_control_characters_are_escaped()
    {
        var output = await ToolProcess.RunOnTerminalAsync($"call {_shop.Address} echo '[{{\"a\":\"\\u009b1m\"}}]'");

        output.Should().EndWith("""
            {
              "a": "\u009b1m"
            }

            """);
    }

    [Fact]
    public async Task On_a_terminal_marks_that_reverse_or_hide_text_are_escaped()
    {
        const string Value = """["\u202e\u2066\u2028\u2029\ufeff\u200b \ud83d\udc69\u200d\ud83d\ude80"]""";

        var terminal = await ToolProcess.RunOnTerminalAsync($"call {_shop.Address} echo '[{Value}]'");
        var pipe = await ToolProcess.RunAsync("call", _shop.Address, "echo", $"[{Value}]");

        terminal.Should().Contain("""
              "\u202e\u2066\u2028\u2029\ufeff\u200b 👩‍🚀"
            """);
        pipe.Output.Should().Contain("\u202e");
    }

    [Fact]
    public async Task An_error_has_its_code_message_and_data_on_standard_error()
    {
        var end = await ToolProcess.RunAsync("call", _shop.Address, "sell", """["tea\u001b[31m"]""");
        var unknown = await ToolProcess.RunAsync("call", _shop.Address, "nope");

        end.Should().Be(new Result(1, "", """
            Error 17: tea�[31m is sold out
            data: {"item":"tea\u001b[31m"}

            """));
        unknown.Should().Be(new Result(1, "", "Error -32601: Method not found\n"));
    }

    [Fact]
    public async Task Errors_are_red_on_a_terminal_unless_NO_COLOR_says_otherwise()
    {
        var red = await ToolProcess.RunOnTerminalAsync($"call {_shop.Address} nope");
        var plain = await ToolProcess.RunOnTerminalAsync($"call {_shop.Address} nope", ("NO_COLOR", "1"));

        red.Should().Contain("\e[31mError -32601:\e[0m Method not found");
        plain.Should().Contain("Error -32601: Method not found").And.NotContain("\e[31m");
    }

    [Fact]
    public async Task A_notification_prints_nothing()
    {
        var end = await ToolProcess.RunAsync("call", _shop.Address, "note", """["hello"]""", "--notify");

        end.Should().Be(new Result(0, "", ""));
        _shop.Notes.Should().Equal("hello");
    }

    [Theory]
    [InlineData("X-Token", "a: b", "-H", "X-Token: a: b")]
    [InlineData("X-Token", "b", "--header=X-Token:b")]
    [InlineData("Idempotency-Key", "\\\"k1\\\"", "--key", "k1")]
    public async Task Headers_and_keys_are_sent(string name, string value, params string[] options)
    {
        var end = await ToolProcess.RunAsync(["call", _shop.Address, .. options, "header", $"[\"{name}\"]"]);

        end.Should().Be(new Result(0, $"\"{value}\"\n", ""));
    }

    [Fact]
    public async Task Headers_are_read_from_a_file()
    {
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, "X-One: 1\r\n\nX-Token: a: b\n");

        var end = await ToolProcess.RunAsync("call", _shop.Address, "header", """["X-Token"]""", "-H", $"@{file}");
        await File.WriteAllTextAsync(file, "X-One: 1\nX-Token SECRET\n");
        var wrong = await ToolProcess.RunAsync("call", _shop.Address, "header", """["X-Token"]""", "-H", $"@{file}");
        File.Delete(file);

        end.Should().Be(new Result(0, "\"a: b\"\n", ""));
        wrong.ExitCode.Should().Be(2);
        wrong.Errors.Should().StartWith($"jsonrpc call: The file '{file}' must hold \"Name: value\" on each line. Line 2 has no colon.").And.NotContain("SECRET");
    }

    [Theory]
    [InlineData("Authorization Bearer SECRET")]
    [InlineData("Authorization Basic SECRET:SECRET")]
    [InlineData(": SECRET")]
    [InlineData("Authorization: SECRET\u0001")]
    public async Task An_invalid_header_is_not_echoed(string header)
    {
        var end = await ToolProcess.RunAsync("call", _shop.Address, "subtract", "-H", header);

        (end.ExitCode, end.Output).Should().Be((2, ""));
        end.Errors.Should().StartWith("jsonrpc call: -H takes \"Name: value\" or @FILE. A header").And.NotContain("SECRET");
    }

    [Fact]
    public async Task A_server_that_does_not_answer_is_exit_code_3()
    {
        using var free = new System.Net.Sockets.TcpListener(System.Net.IPAddress.Loopback, 0);
        free.Start();
        var port = ((System.Net.IPEndPoint)free.LocalEndpoint).Port;
        free.Stop();

        var end = await ToolProcess.RunAsync("call", $"http://127.0.0.1:{port}/", "subtract");
        var late = await ToolProcess.RunAsync("call", _shop.Address, "wait", "--timeout", "100ms");

        (end.ExitCode, end.Output).Should().Be((3, ""));
        end.Errors.Should().StartWith($"No answer: The call to http://127.0.0.1:{port}/ failed: Connection refused").And.EndWith("\n");
        late.Should().Be(new Result(3, "", $"No answer: The call to {_shop.Address} took longer than 0.1 s.\n"));
    }

    [Fact]
    public async Task Ctrl_C_cancels_the_call()
    {
        using var tool = ToolProcess.Start("call", _shop.Address, "wait");
        await _shop.Asked;

        tool.Signal("INT");
        var end = await tool.EndAsync();

        end.Should().Be(new Result(130, "", ""));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Ctrl_C_cancels_the_method_on_the_server(bool isUnix)
    {
        var folder = Directory.CreateTempSubdirectory().FullName;
        using (var shop = new Shop(isUnix ? $"{folder}/s" : null))
        {
            using var tool = ToolProcess.Start("call", isUnix ? $"unix:{folder}/s" : shop.Address, "hold");
            await shop.Asked;

            tool.Signal("INT");

            (await tool.EndAsync()).Should().Be(new Result(130, "", ""));
            await shop.Cancelled;
        }
        Directory.Delete(folder, recursive: true);
    }

    [Theory]
    [InlineData("A server and a method are needed", "call", "12345")]
    [InlineData("'4' is one argument too many", "call", "12345", "subtract", "[3,", "4", "]")]
    [InlineData("The argument {a:1} is not JSON", "call", "12345", "subtract", "{a:1}")]
    [InlineData("The argument 5 is a single value. Parameters are an array or an object: '[5]'.", "call", "12345", "subtract", "5")]
    [InlineData("There is no option --notfy.", "call", "12345", "subtract", "--notfy")]
    [InlineData("--timeout must be a time above 0", "call", "12345", "subtract", "--timeout", "soon")]
    [InlineData("--timeout must be a time above 0", "call", "12345", "subtract", "--timeout", "NaN")]
    [InlineData("--timeout must be a time above 0", "call", "12345", "subtract", "--timeout", "Infinity")]
    [InlineData("--timeout must be a time above 0", "call", "12345", "subtract", "--timeout", "99999999999h")]
    [InlineData("--timeout must be a time above 0", "call", "12345", "subtract", "--timeout", "25d")]
    [InlineData("The argument [\"\\ud800\"] is not JSON: a \\u escape is half of a surrogate pair.", "call", "12345", "subtract", "[\"\\ud800\"]")]
    [InlineData("The argument {\"a\":1,\"a\":2} cannot be sent: an object has the member 'a' twice.", "call", "12345", "subtract", "{\"a\":1,\"a\":2}")]
    [InlineData("The argument for the parameters is empty.", "call", "12345", "subtract", "")]
    [InlineData("--timeout needs a value.", "call", "12345", "subtract", "--timeout")]
    [InlineData("--key is given twice.", "call", "12345", "subtract", "--key=a", "--key=b")]
    [InlineData("The file 'missing' cannot be read", "call", "12345", "subtract", "-H", "@missing")]
    [InlineData("'ftp://x/' is not an address.", "call", "ftp://x/", "subtract")]
    [InlineData("The address holds a name or password.", "call", "http://a:b@localhost/", "subtract")]
    public async Task A_wrong_command_line_says_what_is_wrong_and_sends_nothing(string message, params string[] arguments)
    {
        var end = await ToolProcess.RunAsync(arguments);

        (end.ExitCode, end.Output).Should().Be((2, ""));
        end.Errors.Should().StartWith($"jsonrpc call: {message}").And.EndWith(" See jsonrpc call --help.\n");
    }
}
