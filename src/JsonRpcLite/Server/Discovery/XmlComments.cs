using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Xml;
using System.Xml.Linq;

namespace JsonRpcLite;

/// <summary>The XML comments (<c>/// &lt;summary></c>) of a program, from the file that the compiler writes beside its assembly.</summary>
/// <remarks>
/// The compiler writes the file if the project sets <c>GenerateDocumentationFile</c>. Without the file there are no comments; nor are there any for lambdas and local functions,
/// or under AOT. The file is read at the first request for discovery.
/// </remarks>
internal static class XmlComments
{
    private static readonly ConcurrentDictionary<Assembly, Dictionary<string, XElement>> Files = [];

    public static string? SummaryOf(MemberInfo member) =>
        CommentText.Of(Find(member)?.Element("summary")) ?? (member is PropertyInfo property ? ParameterOf(property.DeclaringType, property.Name) : null);

    /// <summary>Returns the comment of a method's parameter; for a record's constructor, the comment of the record has it.</summary>
    public static string? ParameterOf(MemberInfo? member, string? name) =>
        member is null ? null : CommentText.Of(Find(member)?.Elements("param").FirstOrDefault(e => e.Attribute("name")?.Value == name));

    public static string? ResultOf(MethodInfo method) => CommentText.Of(Find(method)?.Element("returns"));

    /// <summary>Returns a member's id as the compiler writes it, such as <c>M:Shop.Orders.Place(System.String,System.Int32[])</c>.</summary>
    internal static string? IdOf(MemberInfo member) => member switch
    {
        Type type => $"T:{NameOf(type)}",
        PropertyInfo { DeclaringType: { } type } => $"P:{NameOf(type)}.{member.Name}",
        FieldInfo { DeclaringType: { } type } => $"F:{NameOf(type)}.{member.Name}",
        MethodInfo { DeclaringType: { } type } method =>
            $"M:{NameOf(type)}.{member.Name}{(method.IsGenericMethod ? $"``{method.GetGenericArguments().Length}" : "")}{ParametersOf(method)}",
        _ => null,
    };

    private static string ParametersOf(MethodInfo method)
    {
        // For the type parameters of a generic type or method, the file has their position and not the argument.
        var definition = method.IsGenericMethod ? method.GetGenericMethodDefinition() : method;
        if (definition.DeclaringType is { IsConstructedGenericType: true } type)
            definition = (MethodInfo)type.GetGenericTypeDefinition().GetMemberWithSameMetadataDefinitionAs(definition);
        var parameters = definition.GetParameters();
        return parameters.Length == 0 ? "" : $"({string.Join(',', parameters.Select(p => NameOf(p.ParameterType)))})";
    }

    private static string NameOf(Type type)
    {
        if (type.IsGenericParameter)
            return $"{(type.DeclaringMethod is null ? "`" : "``")}{type.GenericParameterPosition}";
        if (type.IsArray)
            return $"{NameOf(type.GetElementType()!)}[{(type.GetArrayRank() > 1 ? string.Join(',', Enumerable.Repeat("0:", type.GetArrayRank())) : "")}]";
        if (!type.IsConstructedGenericType)
            return (type.FullName ?? type.Name).Replace('+', '.');
        var name = type.GetGenericTypeDefinition().FullName!.Replace('+', '.');
        return $"{name[..name.IndexOf('`', StringComparison.Ordinal)]}{{{string.Join(',', type.GetGenericArguments().Select(NameOf))}}}";
    }

    private static XElement? Find(MemberInfo member)
    {
        // A program that is compiled ahead of time would contain an XML reader only for this.
        if (!RuntimeFeature.IsDynamicCodeSupported)
            return null;
        var assembly = member.Module.Assembly;
        var members = Files.GetOrAdd(assembly, Read);
        // A constructed type has the comment of its definition.
        var described = member is Type { IsConstructedGenericType: true } type ? type.GetGenericTypeDefinition() : member;
        return members.Count > 0 && IdOf(described) is { } id ? members.GetValueOrDefault(id) : null;
    }

    private static Dictionary<string, XElement> Read(Assembly assembly)
    {
        try
        {
            // Not Assembly.Location, which is empty in a single-file program.
            var file = Path.Combine(AppContext.BaseDirectory, $"{assembly.GetName().Name}.xml");
            if (assembly.IsDynamic || !File.Exists(file))
                return [];
            var members = new Dictionary<string, XElement>(StringComparer.Ordinal);
            foreach (var member in XDocument.Load(file).Root?.Element("members")?.Elements("member") ?? [])
            {
                if (member.Attribute("name")?.Value is { } name)
                    members.TryAdd(name, member);
            }
            return members;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or XmlException)
        {
            // Only the descriptions are missing then.
            return [];
        }
    }
}
