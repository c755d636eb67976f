using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Samples.Tests;

/// <summary>The page on compiler errors: each program that it recommends compiles, and each that it warns about fails with that error.</summary>
public partial class CompilerErrorsTests
{
    private static readonly string Page = File.ReadAllText(Path.Combine(Repository.Root, "docs/compiler-errors.md"));

    private static readonly List<string> All = [.. Fence().Matches(Page).Select(m => m.Groups[1].Value)];

    /// <summary>The first two blocks are the beginning and the end of every program.</summary>
    private static string Begin => All[0];

    private static string End => All[1];

    public static TheoryData<string> Wrong => [.. All.Skip(2).Where(IsWrong)];

    public static TheoryData<string> Right => [.. All.Skip(2).Where(block => !IsWrong(block))];

    [Theory]
    [MemberData(nameof(Right))]
    public void Programs_that_the_page_recommends_compile(string block) => ReadmeTests.Compile(Begin + block + End);

    [Theory]
    [MemberData(nameof(Wrong))]
    public void Programs_that_the_page_warns_about_give_that_error(string block)
    {
        var comment = WrongComment().Match(block);
        var compilation = ReadmeTests.MakeCompilation(Begin + block + End, comment.Groups[2].Value);
        var errors = compilation.GetDiagnostics().Where(d => d.Severity == DiagnosticSeverity.Error).Select(d => d.Id);

        errors.Should().Contain(comment.Groups[1].Value);
    }

    [Fact]
    public void Each_error_has_a_fix()
    {
        Right.Should().HaveCountGreaterThan(8);
        Wrong.Should().HaveCountGreaterThan(10);
        foreach (var section in Page.Split("\n## ").Skip(1))
            Fence().Matches(section).Select(m => IsWrong(m.Groups[1].Value)).Should().EndWith(false, section);
    }

    private static bool IsWrong(string block) => block.StartsWith("// CS", StringComparison.Ordinal);

    /// <summary>The first line of a wrong program: the error, and the package without which it occurs.</summary>
    [GeneratedRegex(@"^// (CS\d+)(?: without the package (\S+))?$", RegexOptions.Multiline)]
    private static partial Regex WrongComment();

    [GeneratedRegex(@"^```csharp\n(.*?)^```$", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();
}
