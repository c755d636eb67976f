using System.Text;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace JsonRpcLite.Samples.Tests;

/// <summary>A string of at least three words in the code of a package, with … for the parts that are filled in at run time.</summary>
internal sealed partial record SourceText(string File, string Text)
{
    /// <summary>Calls that compare a string with a known one, and do not show it.</summary>
    private static readonly HashSet<string> Comparing = ["Contains", "StartsWith", "EndsWith", "IndexOf", "Replace", "Equals"];

    private readonly Regex _pattern = new(string.Join(".+?", Text.Trim().Trim('…').Trim().Split('…').Select(Regex.Escape)), RegexOptions.Singleline);

    /// <summary>Whether a line shows this string, with any text in the parts that are filled in.</summary>
    public bool IsIn(string line) => _pattern.IsMatch(line);

    /// <summary>All strings in the code of a folder, except those of attributes.</summary>
    public static List<SourceText> Read(string folder) =>
    [
        .. from file in Directory.GetFiles(Path.Combine(Repository.Root, folder), "*.cs", SearchOption.AllDirectories)
           let path = Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')
           where !path.Contains("/obj/", StringComparison.Ordinal) && !path.Contains("/bin/", StringComparison.Ordinal)
           from text in In(System.IO.File.ReadAllText(file))
           select new SourceText(path, text),
    ];

    internal static IEnumerable<string> In(string code) =>
        from expression in CSharpSyntaxTree.ParseText(code, new CSharpParseOptions(LanguageVersion.Preview)).GetRoot().DescendantNodes().OfType<ExpressionSyntax>()
        where IsText(expression) && expression.Parent is not ExpressionSyntax { RawKind: (int)SyntaxKind.AddExpression }
        where !expression.Ancestors().Any(node => node is AttributeSyntax or InterpolationSyntax) && !IsCompared(expression)
        let text = Holes().Replace(TextOf(expression).ReplaceLineEndings(" "), "…")
        where Words().Count(text) >= 3
        select text;

    private static bool IsCompared(ExpressionSyntax text) =>
        text.Parent is ArgumentSyntax { Parent.Parent: InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax method } }
        && Comparing.Contains(method.Name.Identifier.ValueText);

    private static bool IsText(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax literal => literal.IsKind(SyntaxKind.StringLiteralExpression),
        InterpolatedStringExpressionSyntax => true,
        BinaryExpressionSyntax sum => sum.IsKind(SyntaxKind.AddExpression) && (IsText(sum.Left) || IsText(sum.Right)),
        _ => false,
    };

    private static string TextOf(ExpressionSyntax expression) => expression switch
    {
        LiteralExpressionSyntax literal when IsText(literal) => literal.Token.ValueText,
        InterpolatedStringExpressionSyntax { Contents: var parts } => parts.Aggregate(new StringBuilder(), (text, part) => text.Append(PartOf(part))).ToString(),
        BinaryExpressionSyntax sum when sum.IsKind(SyntaxKind.AddExpression) => TextOf(sum.Left) + TextOf(sum.Right),
        InvocationExpressionSyntax { Expression: IdentifierNameSyntax { Identifier.ValueText: "nameof" }, ArgumentList.Arguments: [var named] } =>
            named.ToString().Split('.')[^1],
        _ => "…",
    };

    private static string PartOf(InterpolatedStringContentSyntax part) => part switch
    {
        InterpolatedStringTextSyntax text => text.TextToken.ValueText.Replace("{{", "{", StringComparison.Ordinal).Replace("}}", "}", StringComparison.Ordinal),
        InterpolationSyntax hole => TextOf(hole.Expression),
        _ => "…",
    };

    [GeneratedRegex("…+")]
    private static partial Regex Holes();

    /// <summary>Words between spaces: a header field's name is one.</summary>
    [GeneratedRegex(@"(?<!\S)\S*[A-Za-z]{2}\S*|(?<!\S)a(?!\S)")]
    private static partial Regex Words();
}
