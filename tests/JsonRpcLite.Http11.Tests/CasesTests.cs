using System.Text.Json.Nodes;
using Xunit.Abstractions;

namespace JsonRpcLite.Http11.Tests;

/// <summary>
/// Plays all cases with every feed, and counts the matches by level. A missed MUST fails, and so does any other outcome that neither expectation
/// allows.
/// </summary>
public class CasesTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("MUST")]
    [InlineData("SHOULD")]
    [InlineData("MAY")]
    public void Every_parse_case_gives_a_correct_outcome_however_it_is_fed(string level)
    {
        var cases = CaseFile.OfKind("parse").Where(c => c.Level() == level).ToList();

        var verdicts = cases.Select(c => (Case: c, Verdict: Judge(c))).ToList();

        Report(level, "parse", verdicts.Select(v => (v.Case.Id(), v.Verdict)).ToList());
        verdicts.Where(v => v.Verdict.StartsWith("missed", StringComparison.Ordinal)).Select(v => $"{v.Case.Id()}: {v.Verdict}").Should().BeEmpty();
        // Where the RFC leaves a choice, ours is fixed, and a changed choice must fail.
        if (CaseFile.IsOwnCopy)
            verdicts.Where(v => v.Verdict == "alternative").Select(v => v.Case.Id()).Should().BeEmpty();
    }

    [Theory]
    [InlineData("MUST")]
    [InlineData("SHOULD")]
    [InlineData("MAY")]
    public void Every_script_case_goes_step_by_step_as_it_says(string level)
    {
        var cases = CaseFile.OfKind("script").Where(c => c.Level() == level).ToList();

        var verdicts = cases.Select(c => (Case: c, Verdict: JudgeScript(c))).ToList();

        Report(level, "script", verdicts.Select(v => (v.Case.Id(), v.Verdict)).ToList());
        verdicts.Where(v => v.Verdict != "expect").Select(v => $"{v.Case.Id()}: {v.Verdict}").Should().BeEmpty();
    }

    /// <summary>The whole part of the start line that a case gives is compared, in requests and in responses.</summary>
    [Theory]
    [InlineData("client", "POST / HTTP/1.1", true)]
    [InlineData("client", "POST /", true)]
    [InlineData("client", "POST / HTTP/1.0", false)]
    [InlineData("client", "POST / HTTP/1", false)]
    [InlineData("client", "POST /x HTTP/1.1", false)]
    [InlineData("client", "GET / HTTP/1.1", false)]
    [InlineData("server", "HTTP/1.1 200", true)]
    [InlineData("server", "HTTP/1.1 200 OK", true)]
    [InlineData("server", "HTTP/1.1 20", false)]
    [InlineData("server", "HTTP/1.1 204", false)]
    [InlineData("server", "HTTP/1.1 200 Fine", false)]
    public void A_script_case_compares_the_start_line_as_far_as_it_gives_it(string role, string start, bool isRight)
    {
        var send = role == "client"
            ? """{"send":{"type":"request","method":"POST","target":"/","headers":[["Host","a"],["Content-Length","0"]]},"head":{"start":"<start>","headers":[["host","a"],["content-length","0"]]}}"""
            : """{"receive":"GET / HTTP/1.1\r\nHost: a\r\n\r\n"},{"next":{"type":"request","method":"GET","target":"/","version":"1.1","headers":[["host","a"]]}},{"send":{"type":"response","status":200,"reason":"OK","headers":[["Content-Length","0"]]},"head":{"start":"<start>","headers":[["content-length","0"]]}}""";
        var @case = JsonNode.Parse($$"""{"role":"{{role}}","options":{},"steps":[{{send.Replace("<start>", start)}}]}""")!.AsObject();

        JudgeScript(@case).Should().StartWith(isRight ? "expect" : "missed");
    }

    [Fact]
    public void No_case_is_left_out()
    {
        CaseFile.All.Should().NotBeEmpty();
        CaseFile.All.Should().OnlyContain(c => c.Level() == "MUST" || c.Level() == "SHOULD" || c.Level() == "MAY");
        (CaseFile.OfKind("parse").Count() + CaseFile.OfKind("script").Count()).Should().Be(CaseFile.All.Count);
    }

    [Fact]
    public void The_projects_own_copy_has_all_327_cases()
    {
        if (CaseFile.IsOwnCopy)
            (CaseFile.OfKind("parse").Count(), CaseFile.OfKind("script").Count()).Should().Be((262, 65));
    }

    private static string Judge(JsonObject @case)
    {
        var feeds = @case["feeds"]!.AsArray().Select(f => (string)f!).ToList();
        var outcomes = feeds.Select(f => ParsePlayer.Play(@case, ParsePlayer.Cut(ParsePlayer.Input(@case), f))).ToList();

        string? First(JsonNode expected) =>
            outcomes.Select((o, i) => o.DiffersFrom(expected, @case.Role()) is { } d ? $"{feeds[i]}: {d}; got {o}" : null).FirstOrDefault(d => d is not null);
        var miss = First(@case["expect"]!);
        if (miss is null)
            return "expect";
        return (@case["alternatives"]?.AsArray() ?? []).Any(a => First(a!) is null) ? "alternative" : $"missed, {miss}";
    }

    private static string JudgeScript(JsonObject @case)
    {
        try
        {
            new ScriptPlayer(@case).Play();
            return "expect";
        }
        catch (InvalidOperationException e)
        {
            return $"missed, {e.Message}";
        }
    }

    private void Report(string level, string kind, List<(string Id, string Verdict)> verdicts)
    {
        output.WriteLine($"{kind} {level}: {verdicts.Count} cases, {verdicts.Count(v => v.Verdict == "expect")} expect, "
            + $"{verdicts.Count(v => v.Verdict == "alternative")} alternative, {verdicts.Count(v => v.Verdict.StartsWith("missed", StringComparison.Ordinal))} missed");
        foreach (var (id, verdict) in verdicts.Where(v => v.Verdict != "expect"))
            output.WriteLine($"  {id}: {verdict}");
    }
}
