using System.Text;

namespace JsonRpcLite;

/// <summary>
/// The methods in groups, by the dots of their names. Each part of a name is a property of that name, whatever it is, but for those that would not work: an empty one is
/// <c>_</c>, a property <c>then</c> would make the client a
/// promise to <c>await</c>, and <c>$notify</c> is the client's own. Their underscore gives way to a part that has it by itself.
/// </summary>
internal sealed class MethodTree
{
    private readonly List<(string Part, MethodTree Tree)> _parts = [];
    private TypeScriptMethod? _method;

    public static MethodTree Of(IEnumerable<TypeScriptMethod> methods)
    {
        var root = new MethodTree();
        foreach (var method in methods)
        {
            var place = root;
            foreach (var part in method.Name.Split('.'))
                place = place.Part(part);
            place._method = method;
        }
        return root;
    }

    /// <summary>The methods, each with the properties that lead to it; a method comes before those in the group of its name.</summary>
    public IEnumerable<(TypeScriptMethod Method, IReadOnlyList<string> Path)> All() => All([]);

    /// <summary>The members of the client's interface.</summary>
    public string Members() => Members("  ", isRoot: true);

    private string Members(string indent, bool isRoot)
    {
        var text = new StringBuilder();
        foreach (var (property, tree) in Properties(isRoot))
        {
            var name = TypeScriptText.Property(property);
            var method = tree._method;
            var comment = method is null ? "" : TypeScriptText.Comment(method.Words, indent);
            if (tree._parts.Count == 0)
                text.Append(comment + $"{indent}{name}: ({method!.Arguments}) => {method.Result};\n");
            else
                text.Append(comment + $"{indent}{name}: {{\n"
                    + (method is null ? "" : $"{indent}  ({method.Arguments}): {method.Result};\n") + tree.Members(indent + "  ", isRoot: false) + $"{indent}}};\n");
        }
        return text.ToString();
    }

    private MethodTree Part(string part)
    {
        var known = _parts.Find(known => known.Part == part).Tree;
        if (known is null)
            _parts.Add((part, known = new MethodTree()));
        return known;
    }

    private IEnumerable<(TypeScriptMethod Method, IReadOnlyList<string> Path)> All(IReadOnlyList<string> path)
    {
        if (_method is not null)
            yield return (_method, path);
        foreach (var (property, tree) in Properties(isRoot: path.Count == 0))
        {
            foreach (var below in tree.All([.. path, property]))
                yield return below;
        }
    }

    private IEnumerable<(string Property, MethodTree Tree)> Properties(bool isRoot)
    {
        var taken = _parts.Select(part => part.Part).ToHashSet(StringComparer.Ordinal);
        foreach (var (part, tree) in _parts)
        {
            var property = part;
            if (part is "" or "then" || isRoot && part == "$notify")
            {
                do
                    property += "_";
                while (!taken.Add(property));
            }
            yield return (property, tree);
        }
    }
}
