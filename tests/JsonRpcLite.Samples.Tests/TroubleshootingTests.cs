using System.Text.RegularExpressions;

namespace JsonRpcLite.Samples.Tests;

/// <summary>
/// The page of messages has every message that a newcomer can get, and no other. An entry is a line with nothing but a text in backticks; … stands for what is filled in.
/// When a text of the code changes, its entry changes with it; when a text is new, it gets an entry, or a line in one of the lists here, with the reason.
/// </summary>
public partial class TroubleshootingTests
{
    private static readonly string[] Packages = ["src/JsonRpcLite", "src/JsonRpcLite.Sockets", "src/JsonRpcLite.Hosting", "src/JsonRpcLite.AspNetCore"];

    /// <summary>Files and folders whose texts do not explain a failure to a newcomer, with the reason.</summary>
    private static readonly Dictionary<string, string> OtherFiles = new()
    {
        ["src/JsonRpcLite/Telemetry/"] = "descriptions of metrics",
        ["src/JsonRpcLite.Sockets/Server/ConnectionGauge.cs"] = "descriptions of metrics",
        ["src/JsonRpcLite/Server/Discovery/OpenRpcDocument.cs"] = "words of the document that describes a server",
        ["src/JsonRpcLite/Server/Discovery/TypeSchema.cs"] = "words of the document that describes a server",
        ["src/JsonRpcLite/Server/Discovery/TypeScript/"] = "words of the TypeScript client, which only the generator reads",
        ["src/JsonRpcLite/Server/Rules/TrafficLog.cs"] = "lines of the traffic log",
        ["src/JsonRpcLite.Sockets/Server/ReasonPhrases.cs"] = "reason phrases of HTTP",
        ["src/JsonRpcLite/Client/Retry/AskedWait.cs"] = "forms of a date",
        ["src/JsonRpcLite/Server/Playground/"] = "header fields of the page",
        ["src/JsonRpcLite/Transports/ReplyStream.cs"] = "for authors of a transport",
        ["src/JsonRpcLite/Transports/InMemory/InMemoryExchange.cs"] = "an exception of a stream's handler, which is reported under the texts of StreamSender",
        ["src/JsonRpcLite.Sockets/Server/SocketExchange.cs"] = "an exception of a stream's handler, which is reported under the texts of StreamSender",
    };

    /// <summary>Single texts that no newcomer gets, with the reason.</summary>
    private static readonly Dictionary<string, string> OtherTexts = new()
    {
        ["POST, QUERY, GET"] = "the value of a header field",
        ["Authorization, Cookie, Origin"] = "the value of a header field",
        ["The server accepts calls."] = "reports that all is well",
        ["Listening on … (Ctrl+C ends it)."] = "reports that all is well",
        [" and every other network interface"] = "reports that all is well",
        ["Max open files"] = "read from the system",
        ["JsonRpcLite event loop"] = "the name of a thread",
        ["JsonRpcLite: end of a stream"] = "the name of a thread",
        ["The handler needs its call."] = "thrown by a stand-in that no call reaches",
        ["A sequence is not one value."] = "thrown by a stand-in that no call reaches",
        ["The connection was closed."] = "reported as the end of a stream, under the texts of StreamSender",
        ["The peer reads its reply too slowly."] = "reported as the end of a stream, under the texts of StreamSender",
        ["An idle connection for synchronous calls is closed when it is checked."] = "ends an idle connection, which no call sees",
        ["Connecting to … was cancelled."] = "is inside the client's own exception",
        ["The call was cancelled, and its connection was closed."] = "is inside the client's own exception",
        ["The exchange has no Address."] = "for programs that call a transport themselves",
        ["The exchange has no Address. Set HttpExchange.Address before the call."] = "for programs that call a transport themselves",
        ["… sends no reply."] = "for authors of a transport",
        ["A … has no socket."] = "for authors of a transport",
        ["The request has ended."] = "for programs that keep an exchange after its end",
        ["This … is already serving a request."] = "for authors of a transport",
        ["This … was used before, and TryReset was not called or returned false."] = "for authors of a transport",
        ["These headers are read-only, since they belong to an exception."] = "for programs that change the headers of a thrown exception",
        ["The store of idempotency keys returned an outcome that was not stored there: '…'."] = "for authors of a store",
        ["The store of idempotency keys has returned the state …."] = "for authors of a store",
    };

    private static readonly List<string> Entries =
        [.. Entry().Matches(File.ReadAllText(Path.Combine(Repository.Root, "docs/troubleshooting.md"))).Select(m => m.Groups[1].Value)];

    private static readonly List<SourceText> Texts =
        [.. Packages.SelectMany(SourceText.Read).Where(text => !OtherFiles.Keys.Any(path => text.File.StartsWith(path, StringComparison.Ordinal)))];

    [Fact]
    public void Every_text_that_a_newcomer_can_meet_has_an_entry()
    {
        Texts.Should().HaveCountGreaterThan(300);
        Lines(Texts.Where(text => !OtherTexts.ContainsKey(text.Text) && !Entries.Any(text.IsIn)).Select(text => $"{text.File}: {text.Text}"))
            .Should().BeEmpty("each needs an entry in docs/troubleshooting.md, or a line in a list of this test");
    }

    [Fact]
    public void Every_entry_is_a_text_of_the_code()
    {
        Entries.Should().HaveCountGreaterThan(250);
        Lines(Entries.Where(entry => !Texts.Any(text => text.IsIn(entry)))).Should().BeEmpty("each entry of docs/troubleshooting.md quotes a text of the code");
    }

    [Fact]
    public void The_lists_of_this_test_name_what_there_is()
    {
        OtherFiles.Keys.Should().OnlyContain(path => path.EndsWith('/') ? Directory.Exists(Path.Combine(Repository.Root, path)) : File.Exists(Path.Combine(Repository.Root, path)));
        OtherTexts.Keys.Should().BeSubsetOf(Texts.Select(text => text.Text));
    }

    [Theory]
    [InlineData("throw new IOException($\"Cannot listen on {place}: {reason}\");", "Cannot listen on …: …")]
    [InlineData("throw new E(\"A value \" + name + \" is \" + \"missing.\");", "A value … is missing.")]
    [InlineData("var text = $\"{nameof(Options.Port)} must be set, {{x}}.\";", "Port must be set, {x}.")]
    [InlineData("var text = message.Contains(\"in use by another\");", null)]
    [InlineData("[SuppressMessage(\"A reason of four words\")] class C;", null)]
    public void A_text_of_the_code_is_read_with_its_holes(string code, string? text) => SourceText.In(code).Should().Equal(text is null ? [] : [text]);

    /// <summary>All of them, because a long list is cut in the message.</summary>
    private static string Lines(IEnumerable<string> texts) => string.Join('\n', texts);

    [GeneratedRegex(@"^ *(?:- )?`([^`]+)`\\?$", RegexOptions.Multiline)]
    private static partial Regex Entry();
}
