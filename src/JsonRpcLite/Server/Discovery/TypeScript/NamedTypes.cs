using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace JsonRpcLite;

/// <summary>
/// The types of a client that have names. Equal ones share one: types are equal where their texts are, with equal types in their holes, which is what recursion asks for.
/// So all of one kind are taken for
/// equal at first, and are parted until nothing parts them any more.
/// </summary>
internal sealed partial class NamedTypes
{
    /// <summary>What the file declares besides, and the types of the language's library that it names.</summary>
    private static readonly string[] Reserved =
    [
        "Client", "ClientOptions", "CallOptions", "ProgressOptions", "Notifications", "JsonRpcError", "JsonRpcHttpError", "Method", "Message", "AnyCall",
        "AbortSignal", "Array", "AsyncGenerator", "AsyncIterable", "Promise", "ReadableStream", "Record", "Uint8Array",
    ];

    /// <summary>Last words that are not the name of a member, or need not be.</summary>
    private static readonly string[] Roles = ["params", "result", "progress", "item", "value"];

    private readonly List<NamedType> _types = [];

    public NamedType Add(string words, string identity = "")
    {
        var type = new NamedType(_types.Count, words, identity);
        _types.Add(type);
        return type;
    }

    /// <summary>Writes the declarations; from then on <see cref="Fill"/> knows the names.</summary>
    public string Declare()
    {
        BreakCircles();
        Part();
        Name();
        var text = new StringBuilder();
        foreach (var group in _types.GroupBy(type => type.Class))
        {
            var type = group.First();
            // Words that only one of the places has are about that place, and stand there.
            var comment = group.All(other => other.Words.SequenceEqual(type.Words)) ? TypeScriptText.Comment(type.Words, "") : "";
            text.Append(comment).Append(type.IsInterface ? $"export interface {type.Name} {Fill(type.Body)}\n\n" : $"export type {type.Name} = {Fill(type.Body)};\n\n");
        }
        return text.ToString();
    }

    /// <summary>Puts names into the holes of a text.</summary>
    public string Fill(string text) => Holes().Replace(text, hole => TypeIn(hole).Name);

    private NamedType TypeIn(Match hole) => _types[int.Parse(hole.ValueSpan[1..^1], CultureInfo.InvariantCulture)];

    /// <summary>An interface may hold itself, and a list of itself is a type; one that is itself and nothing else, or itself or null, is not, and may be anything.</summary>
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

    /// <summary>The types that another one consists of: those in no braces, brackets or angle brackets.</summary>
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
                // By the class of before too, or two parted ones could come together again.
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
        // Those that the document names itself come first.
        foreach (var group in _types.GroupBy(type => type.Class).OrderBy(group => group.First().Identity.Length == 0))
        {
            var name = names.Take(TypeScriptText.TypeName(WordsOf([.. group])));
            foreach (var type in group)
                type.Name = name;
        }
    }

    /// <summary>One that has several places goes by the name of the member that it is in all of them, as far as it is a member there.</summary>
    private static string WordsOf(IReadOnlyList<NamedType> group)
    {
        var members = group.Select(type => type.Title[(type.Title.LastIndexOf(' ') + 1)..])
            .Where(word => !Roles.Contains(word) && !word.StartsWith("option", StringComparison.Ordinal)).Distinct().ToList();
        return group.Count > 1 && group[0].Identity.Length == 0 && members.Count == 1 ? members[0] : group[0].Title;
    }

    [GeneratedRegex(@"\0[0-9]+\0")]
    private static partial Regex Holes();

    /// <summary>Texts, and what stands in brackets of any kind but parentheses, whose nesting is counted, and lists.</summary>
    [GeneratedRegex("""
        "(?:\\.|[^"\\])*"|\0[0-9]+\0(?=\[\])|[{<\[](?>"(?:\\.|[^"\\])*"|(?<open>[{<\[])|(?<-open>[}>\]])|[^"{}<>\[\]])*(?(open)(?!))[}>\]]
        """)]
    private static partial Regex Covered();
}

/// <summary>A type that gets a name.</summary>
/// <param name="index">Its number, which stands in the holes for it.</param>
/// <param name="title">Words that its name is made of.</param>
/// <param name="identity">What tells it from others of the same text; empty where nothing does.</param>
internal sealed class NamedType(int index, string title, string identity)
{
    public int Index => index;

    public string Title => title;

    public string Identity => identity;

    public bool IsInterface { get; set; }

    /// <summary>What it consists of, with holes.</summary>
    public string Body { get; set; } = "unknown";

    /// <summary>The lines of its comment.</summary>
    public IReadOnlyList<string> Words { get; set; } = [];

    public int Class { get; set; }

    public string Name { get; set; } = "";

    public TypeScriptType Type => TypeScriptType.Named(index);
}
