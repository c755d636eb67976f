using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JsonRpcLite.Generators;

/// <summary>Reads the XML comment of a method.</summary>
/// <remarks>It parses the source text, because the compiler's own result is empty if the project writes no documentation file.</remarks>
internal static class Comments
{
    /// <returns>An element that contains the comment's elements. It is empty if there is no comment, or the comment is malformed.</returns>
    public static XElement Of(ISymbol symbol, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var reference in symbol.DeclaringSyntaxReferences)
        {
            // Comments in code that the preprocessor disables do not count.
            var trivia = reference.GetSyntax(cancellationToken).GetLeadingTrivia().Where(t => !t.IsKind(SyntaxKind.DisabledTextTrivia));
            lines.AddRange(LinesOf(string.Concat(trivia.Select(t => t.ToFullString()))));
        }
        try
        {
            return lines.Count == 0 ? new XElement("doc") : XElement.Parse($"<doc>{string.Join("\n", lines)}</doc>");
        }
        catch (XmlException)
        {
            return new XElement("doc");
        }
    }

    private static IEnumerable<string> LinesOf(string trivia)
    {
        var isInBlock = false;
        foreach (var raw in trivia.Split('\n'))
        {
            var line = raw.Trim();
            if (!isInBlock && line.StartsWith("///", StringComparison.Ordinal) && !line.StartsWith("////", StringComparison.Ordinal))
            {
                yield return line.Substring(3);
                continue;
            }
            if (!isInBlock && line.StartsWith("/**", StringComparison.Ordinal))
                (isInBlock, line) = (true, line.Substring(3));
            else if (!isInBlock)
                continue;
            else if (line.StartsWith("*", StringComparison.Ordinal) && !line.StartsWith("*/", StringComparison.Ordinal))
                line = line.Substring(1);
            var end = line.IndexOf("*/", StringComparison.Ordinal);
            isInBlock = end < 0;
            yield return end < 0 ? line : line.Substring(0, end);
        }
    }
}
