using System.Text;

namespace JsonRpcLite;

/// <summary>The methods in groups, by the dots of their names.</summary>
/// <remarks>
/// Each part of a name becomes a property of that name, with three exceptions: an empty part is <c>_</c>; a property <c>then</c> would make <c>await</c> take the client for a
/// promise; and <c>$notify</c> is a member of the client itself. Such a part gets an underscore at its end, or more than one if another part already has that name.
/// </remarks>
internal sealed class MethodTree
{
    private readonly List<(string Part, MethodTree Tree)> _parts = [];
    private TypeScriptMethod? _method;

    public static MethodTree Of(IEnumerable<TypeScriptMethod> methods)
    {
        var root = new MethodTree();
        foreach (var method in methods)
        {
            var node = root;
            foreach (var part in method.Name.Split('.'))
                node = node.Part(part);
            node._method = method;
        }
        return root;
    }

    /// <summary>Returns the methods with the path of properties that leads to each.</summary>
    /// <remarks>A method comes before the methods in the group of its name.</remarks>
    public IEnumerable<(TypeScriptMethod Method, IReadOnlyList<string> Path)> All() => All([]);

    /// <summary>Returns the members of the client's interface.</summary>
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
