using System.Text;
using System.Xml.Linq;

namespace JsonRpcLite;

/// <summary>Converts an element of an XML comment to a line of plain text.</summary>
/// <remarks>It is compiled into the core and into the generator.</remarks>
internal static class CommentText
{
    /// <summary>Returns the text without tags and line breaks; <c>null</c> if there is no text.</summary>
    public static string? Of(XElement? element)
    {
        if (element is null)
            return null;
        var text = new StringBuilder();
        foreach (var node in element.DescendantNodes())
        {
            if (node is XText words)
                text.Append(words.Value);
            else if (node is XElement { IsEmpty: true } mark && (mark.Attribute("cref") ?? mark.Attribute("name") ?? mark.Attribute("langword"))?.Value is { } name)
                text.Append(mark.Name.LocalName == "see" || mark.Name.LocalName == "seealso" ? LastPart(name) : name);
            else if (node is XElement { Name.LocalName: "para" or "br" })
                text.Append(' ');
        }
        var line = string.Join(" ", text.ToString().Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return line.Length == 0 ? null : line;
    }

    /// <summary>Returns the name of a member without its namespace and type.</summary>
    private static string LastPart(string name) => name.Substring(name.Split('(')[0].LastIndexOf('.') + 1);
}
