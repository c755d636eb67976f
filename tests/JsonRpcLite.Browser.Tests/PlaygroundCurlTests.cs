using System.Diagnostics;
using System.Text.Encodings.Web;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace JsonRpcLite.Browser.Tests;

/// <summary>The call as a command for curl, quoted for three shells.</summary>
[Collection(FirstChromium.Name)]
public sealed class PlaygroundCurlTests(Chromium chromium) : PageTests(chromium)
{
    /// <summary>All characters that a shell might interpret.</summary>
    private const string Hard = "it's \"q\" \\ \\\" $HOME `id` 100% %PATH% !x! ^ & | < > ( ) ; # * ? ~ [a] {b} äöü 😀 ’ \t\n\r\n end\\";

    /// <summary>With the characters themselves, without escapes that JSON does not need.</summary>
    private static readonly string HardBody = new JsonObject
    {
        ["jsonrpc"] = "2.0",
        ["method"] = "echo",
        ["params"] = new JsonObject { ["value"] = Hard },
        ["id"] = 1,
    }.ToJsonString(new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    private static JsonRpcMethods Methods =>
        new JsonRpcMethods().Add("echo", (JsonNode? value) => value).Add("header", (JsonRpcCall call) => call.Exchange.RequestHeaders["X-Token"]);

    [BrowserFact]
    public async Task A_POSIX_shell_sends_what_the_page_sends()
    {
        var page = await OpenAsync(Methods);
        await WriteJsonAsync(page, HardBody);

        var output = await RunAsync("bash", ["-c", await CommandAsync(page, "posix")], input: null);

        JsonNode.Parse(output)!["result"]!.GetValue<string>().Should().Be(Hard);
    }

    [BrowserFact]
    public async Task A_POSIX_shell_sends_headers_as_they_are()
    {
        var page = await OpenAsync(Methods, "header");
        await page.Locator("#headers").EvaluateAsync("(box, text) => { box.value = text; }", "X-Token: \"it's\" \\ $HOME `id` %PATH% !x! & |");

        var output = await RunAsync("bash", ["-c", await CommandAsync(page, "posix")], input: null);

        JsonNode.Parse(output)!["result"]!.GetValue<string>().Should().Be("\"it's\" \\ $HOME `id` %PATH% !x! & |");
    }

    /// <summary>PowerShell leaves a here-string in single quotes unchanged, so curl reads the lines between its marks.</summary>
    [BrowserFact]
    public async Task The_options_that_PowerShell_writes_to_curl_send_what_the_page_sends()
    {
        var page = await OpenAsync(Methods);
        await WriteJsonAsync(page, HardBody);

        var command = await CommandAsync(page, "powershell");

        command.Should().StartWith("@'\n").And.EndWith("\n'@ | curl.exe --config -");
        var lines = command[3..command.IndexOf("\n'@", StringComparison.Ordinal)];
        lines.Should().MatchRegex(@"^[\x20-\x7e\n]*$", "Windows PowerShell writes ASCII");
        lines.Split('\n').Should().NotContain(line => line.StartsWith("'@", StringComparison.Ordinal));
        var output = await RunAsync("curl", ["--config", "-"], lines + "\r\n");
        JsonNode.Parse(output)!["result"]!.GetValue<string>().Should().Be(Hard);
    }

    /// <summary>
    /// PowerShell: about_Quoting_Rules (a here-string in single quotes is literal), about_Preference_Variables ($OutputEncoding), curl's manual at --config (\\ \" \t \n \r \v are
    /// the escapes in double quotes). cmd: "Parsing C command-line arguments" for \" and backslashes before a quote; "cmd /?" for quotes, carets and percent signs.
    /// </summary>
    [BrowserFact]
    public async Task Windows_shells_get_exactly_this()
    {
        var page = await OpenAsync(Methods);
        foreach (var (shell, url, header, body, expected) in new[]
        {
            ("powershell", "http://h/", "a", """{ "a" : [1.0, "x"] }""", """
                @'
                url = "http://h/"
                header = "x: a"
                data-raw = "{\"a\":[1.0,\"x\"]}"
                '@ | curl.exe --config -
                """),
            ("powershell", "http://[::1]:1/a[1]%20", "'@", """["\"\\\n", "it's $x `y` %Z% !w! ^&|<>"]""", """
                @'
                globoff
                url = "http://[::1]:1/a[1]%20"
                header = "x: '@"
                data-raw = "[\"\\\"\\\\\\n\",\"it's $x `y` %Z% !w! ^&|<>\"]"
                '@ | curl.exe --config -
                """),
            ("powershell", "http://h/", "", """["ä😀’"]""", """
                @'
                url = "http://h/"
                header = "x;"
                data-raw = "[\"\\u00e4\\ud83d\\ude00\\u2019\"]"
                '@ | curl.exe --config -
                """),
            ("powershell", "http://h/", "\"q\" \\", "not\nJSON: ä \"", """
                & { $OutputEncoding = [Text.UTF8Encoding]::new()
                @'
                url = "http://h/"
                header = "x: \"q\" \\"
                data-raw = "not\nJSON: ä \""
                '@ | curl.exe --config - }
                """),
            ("cmd", "http://h/", "a & b", """{ "a" : [1.0, "x"] }""", """
                curl "http://h/" ^
                  -H "x: a & b" ^
                  --data-raw "{\"a\":[1.0,\"x\"]}"
                """),
            ("cmd", "http://h/a%20b", "a\\", """["\"\\", "it's $x `y` %Z% !w! ^&|<>", "ä😀\n"]""", """
                curl ^"http://h/a^%^20b^" ^
                  -H "x: a\\" ^
                  --data-raw "[\"\\\"\\\\\",\"it's $x `y` \u0025Z\u0025 \u0021w\u0021 \u005e\u0026\u007c\u003c\u003e\",\"\u00e4\ud83d\ude00\n\"]"
                """),
            ("cmd", "http://[::1]:1/a[1]", "\"q\" %PATH% a!b & ^c \\", "not \"JSON\"\n50%", """
                curl -g "http://[::1]:1/a[1]" ^
                  -H ^"x: \^"q\^" ^%^PATH^%^ a^!b ^& ^^c \\^" ^
                  --data-raw ^"not \^"JSON\^"^

                50^%^"
                """),
        })
        {
            var command = await page.EvaluateAsync<string>("([shell, url, header, body]) => curlFor(shell, url, [['x', header]], body)", new[] { shell, url, header, body });

            command.Should().Be(expected.ReplaceLineEndings("\n"));
        }
    }

    [BrowserFact]
    public async Task The_command_of_a_method_that_streams_streams_in_every_shell()
    {
        var page = await OpenAsync(Streams.Methods, "many");
        await page.GetByLabel("count").FillAsync("2");
        const string Expected = """
            data: {"jsonrpc":"2.0","method":"rpc.item","params":{"id":1,"item":1}}

            data: {"jsonrpc":"2.0","method":"rpc.item","params":{"id":1,"item":2}}

            data: {"jsonrpc":"2.0","result":null,"id":1}


            """;

        var posix = await CommandAsync(page, "posix");
        posix.Should().StartWith("curl -N 'http://").And.Contain(" -H 'accept: text/event-stream' ");
        (await RunAsync("bash", ["-c", posix], input: null)).Should().Be(Expected.ReplaceLineEndings("\n"));

        var powerShell = await CommandAsync(page, "powershell");
        powerShell.Should().StartWith("@'\nno-buffer\nurl = \"http://").And.Contain("\nheader = \"accept: text/event-stream\"\n");
        var lines = powerShell[3..powerShell.IndexOf("\n'@", StringComparison.Ordinal)];
        (await RunAsync("curl", ["--config", "-"], lines + "\r\n")).Should().Be(Expected.ReplaceLineEndings("\n"));

        var cmd = await CommandAsync(page, "cmd");
        cmd.Should().StartWith("curl -N \"http://").And.Contain(" -H \"accept: text/event-stream\" ");
        (await page.EvaluateAsync<string>("curlFor('cmd', 'http://h/a[1]', [], '[]', true)")).Should().Be("curl -g -N \"http://h/a[1]\" ^\n  --data-raw \"[]\"");
    }

    [BrowserFact]
    public async Task The_command_streams_where_the_page_would()
    {
        var page = await OpenAsync(Streams.Methods, "import");
        (await CommandAsync(page, "posix")).Should().Contain("curl -N ").And.Contain("text/event-stream");

        await page.GetByLabel("Notification").CheckAsync();
        (await CommandAsync(page, "posix")).Should().NotContain("-N ").And.NotContain("text/event-stream");
        await page.GetByLabel("Notification").UncheckAsync();
        await page.Locator("#headers").EvaluateAsync("box => { box.value = 'Accept: application/json'; }");
        (await CommandAsync(page, "posix")).Should().NotContain("-N ").And.Contain("accept: application/json");
        await page.Locator("#headers").EvaluateAsync("box => { box.value = ''; }");
        await page.Locator("#methods button", new() { HasText = "plain" }).ClickAsync();
        (await CommandAsync(page, "posix")).Should().NotContain("-N ").And.NotContain("text/event-stream");
    }

    [BrowserFact]
    public async Task A_command_that_is_too_long_for_cmd_says_so()
    {
        var page = await OpenAsync(Methods);
        await WriteJsonAsync(page, $$"""{"jsonrpc":"2.0","method":"echo","params":["{{new string('x', 9000)}}"],"id":1}""");

        await CommandAsync(page, "cmd");
        await Expect(page.Locator("#curl-note")).ToContainTextAsync("cmd takes at most 8191 characters");

        await page.GetByLabel("Shell of the curl command").SelectOptionAsync("powershell");
        await Expect(page.Locator("#curl-note")).ToBeHiddenAsync();
        await Expect(page.Locator("#curl")).ToContainTextAsync("--config -");
    }

    [BrowserFact]
    public async Task The_shell_is_that_of_the_system_until_another_is_chosen()
    {
        var page = await OpenAsync(Methods);
        var shell = page.GetByLabel("Shell of the curl command");
        await Expect(shell).ToHaveValueAsync("posix");
        await Context.AddInitScriptAsync("Object.defineProperty(navigator, 'userAgentData', { value: { platform: 'Windows' } });");
        await page.ReloadAsync();
        await Expect(shell).ToHaveValueAsync("powershell");

        await shell.SelectOptionAsync("cmd");
        await page.ReloadAsync();

        await Expect(shell).ToHaveValueAsync("cmd");
    }

    private static async Task<string> CommandAsync(IPage page, string shell)
    {
        await page.GetByLabel("Shell of the curl command").SelectOptionAsync(shell);
        await page.GetByRole(AriaRole.Button, new() { Name = "Copy as curl" }).ClickAsync();
        return (await page.Locator("#curl").TextContentAsync())!;
    }

    private static async Task<string> RunAsync(string program, string[] arguments, string? input)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        var error = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync();
        await error;
        return output;
    }
}
