using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace JsonRpcLite.Generators;

/// <summary>
/// The XML comment of a method. Read from the text of the source: what the compiler makes of it is empty where the project writes no documentation file.
/// </summary>
internal static class Comments
{
    /// <returns>An element with the comment's elements in it; without a comment, or where it is malformed, it is empty.</returns>
    public static XElement Of(ISymbol symbol, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        foreach (var reference in symbol.DeclaringSyntaxReferences)
        {
            // But not those of code that is switched off.
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
