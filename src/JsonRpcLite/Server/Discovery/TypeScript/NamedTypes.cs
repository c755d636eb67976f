using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace JsonRpcLite;

/// <summary>The named types of a client; equal types share one name.</summary>
/// <remarks>
/// Types are equal if their texts are equal and the types in their holes are equal, which makes the definition recursive. So all types of one kind are first assumed to be equal,
/// and are then divided into classes until nothing distinguishes the types of a class.
/// </remarks>
internal sealed partial class NamedTypes
{
    /// <summary>The other declarations of the file, and the types of the language's library that it uses.</summary>
    private static readonly string[] Reserved =
    [
        "Client", "ClientOptions", "CallOptions", "ProgressOptions", "Notifications", "JsonRpcError", "JsonRpcHttpError", "Method", "Message", "AnyCall",
        "AbortSignal", "Array", "AsyncGenerator", "AsyncIterable", "Promise", "ReadableStream", "Record", "Uint8Array",
    ];

    /// <summary>Last words of a title that are not the name of a member, or may not be.</summary>
    private static readonly string[] Roles = ["params", "result", "progress", "item", "value"];

    private readonly List<NamedType> _types = [];

    public NamedType Add(string words, string identity = "")
    {
        var type = new NamedType(_types.Count, words, identity);
        _types.Add(type);
        return type;
    }

    /// <summary>Writes the declarations, and sets the names that <see cref="Fill"/> uses.</summary>
    public string Declare()
    {
        BreakCircles();
        Part();
        Name();
        var text = new StringBuilder();
        foreach (var group in _types.GroupBy(type => type.Class))
        {
            var type = group.First();
            // A comment that only one of the equal types has is about the use of that type, and is written there.
            var comment = group.All(other => other.Words.SequenceEqual(type.Words)) ? TypeScriptText.Comment(type.Words, "") : "";
            text.Append(comment).Append(type.IsInterface ? $"export interface {type.Name} {Fill(type.Body)}\n\n" : $"export type {type.Name} = {Fill(type.Body)};\n\n");
        }
        return text.ToString();
    }

    /// <summary>Replaces the holes of a text by names.</summary>
    public string Fill(string text) => Holes().Replace(text, hole => TypeIn(hole).Name);

    private NamedType TypeIn(Match hole) => _types[int.Parse(hole.ValueSpan[1..^1], CultureInfo.InvariantCulture)];

    /// <summary>Replaces types that consist only of themselves by <c>unknown</c>.</summary>
    /// <remarks>
    /// An interface may contain itself, and a list of itself is a valid type. A type that is only itself, or itself or null, is not valid, and may be any value.
    /// </remarks>
    private void BreakCircles()
    {
        foreach (var type in _types.Where(type => !type.IsInterface))
        {
            var seen = new HashSet<NamedType>();
            var open = new Stack<NamedType>([type]);
            while (open.TryPop(out var next))
            {
                foreach (var found in BareOf(next).Where(seen.Add))
                    open.Push(found);
            }
            if (seen.Contains(type))
                type.Body = "unknown";
        }
    }

    /// <summary>Returns the types that a type directly consists of: those outside of braces, brackets and angle brackets.</summary>
    private IEnumerable<NamedType> BareOf(NamedType type) =>
        type.IsInterface ? [] : Holes().Matches(Covered().Replace(type.Body, "")).Select(TypeIn);

    private void Part()
    {
        for (int before = 0, count = 1; count > before;)
        {
            var classes = new Dictionary<string, int>(StringComparer.Ordinal);
            var next = new int[_types.Count];
            foreach (var type in _types)
            {
                // The key includes the earlier class, or two types that were divided could get the same class again.
                var key = string.Create(
                    CultureInfo.InvariantCulture, $"{type.Class} {type.IsInterface} {type.Identity}\n{Holes().Replace(type.Body, hole => $"<{TypeIn(hole).Class}>")}");
                if (!classes.TryGetValue(key, out next[type.Index]))
                    classes.Add(key, next[type.Index] = classes.Count);
            }
            foreach (var type in _types)
                type.Class = next[type.Index];
            (before, count) = (count, classes.Count);
        }
    }

    private void Name()
    {
        var names = new FreeNames(Reserved);
        // Types that the document itself names come first.
        foreach (var group in _types.GroupBy(type => type.Class).OrderBy(group => group.First().Identity.Length == 0))
        {
            var name = names.Take(TypeScriptText.TypeName(WordsOf([.. group])));
            foreach (var type in group)
                type.Name = name;
        }
    }

    /// <summary>Returns the words of a group's name: the member's name if all types of the group are members of the same name.</summary>
    private static string WordsOf(IReadOnlyList<NamedType> group)
    {
        var members = group.Select(type => type.Title[(type.Title.LastIndexOf(' ') + 1)..])
            .Where(word => !Roles.Contains(word) && !word.StartsWith("option", StringComparison.Ordinal)).Distinct().ToList();
        return group.Count > 1 && group[0].Identity.Length == 0 && members.Count == 1 ? members[0] : group[0].Title;
    }

    [GeneratedRegex(@"\0[0-9]+\0")]
    private static partial Regex Holes();

    /// <summary>Matches strings, lists, and text in brackets of any kind except parentheses, with their nesting.</summary>
    [GeneratedRegex("""
        "(?:\\.|[^"\\])*"|\0[0-9]+\0(?=\[\])|[{<\[](?>"(?:\\.|[^"\\])*"|(?<open>[{<\[])|(?<-open>[}>\]])|[^"{}<>\[\]])*(?(open)(?!))[}>\]]
        """)]
    private static partial Regex Covered();
}

/// <summary>A type that gets a name.</summary>
/// <param name="index">Its number, which its holes contain.</param>
/// <param name="title">The words that its name is made of.</param>
/// <param name="identity">The text that distinguishes it from other types of the same text; may be empty.</param>
internal sealed class NamedType(int index, string title, string identity)
{
    public int Index => index;

    public string Title => title;

    public string Identity => identity;

    public bool IsInterface { get; set; }

    /// <summary>The text of the type, with holes.</summary>
    public string Body { get; set; } = "unknown";

    /// <summary>The lines of its comment.</summary>
    public IReadOnlyList<string> Words { get; set; } = [];

    public int Class { get; set; }

    public string Name { get; set; } = "";

    public TypeScriptType Type => TypeScriptType.Named(index);
}
