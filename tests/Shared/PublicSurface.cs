using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace JsonRpcLite.Tests;

/// <summary>
/// Writes the public surface of an assembly, one line per member, and compares it with the approved text beside the test. To approve a
/// change, copy the .received.txt file, which the failing test names, over the .approved.txt file, in the commit that makes the change.
/// </summary>
internal static class PublicSurface
{
    private const BindingFlags Declared =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly NullabilityInfoContext Nullability = new();

    public static void ShouldBeApproved(Assembly assembly, [CallerFilePath] string testFile = "")
    {
        var approvedFile = Path.Combine(Path.GetDirectoryName(testFile)!, "PublicSurface.approved.txt");
        var approved = File.Exists(approvedFile) ? File.ReadAllText(approvedFile) : "";
        var received = Describe(assembly);
        if (received == approved)
            return;

        var receivedFile = Path.Combine(AppContext.BaseDirectory, "PublicSurface.received.txt");
        File.WriteAllText(receivedFile, received);
        received.Should().Be(approved, "the public surface is approved line by line; the current one is in {0}", receivedFile);
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            text.Append(Describe(type)).Append('\n');
            if (typeof(Delegate).IsAssignableFrom(type))
                continue;
            var members = type.GetMembers(Declared).Select(Describe).OfType<string>().Order(StringComparer.Ordinal);
            foreach (var member in members)
                text.Append("    ").Append(member).Append('\n');
        }
        return text.ToString();
    }

    private static string Describe(Type type)
    {
        if (typeof(Delegate).IsAssignableFrom(type))
        {
            var invoke = type.GetMethod("Invoke")!;
            return $"delegate {Name(invoke.ReturnType)} {Name(type)}({Parameters(invoke)})";
        }
        var kind = type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : "class";
        var modifier = type.IsValueType || type.IsInterface ? "" : type is { IsAbstract: true, IsSealed: true } ? "static "
            : type.IsAbstract ? "abstract " : type.IsSealed ? "sealed " : "";
        IEnumerable<string> parents = type.GetInterfaces().Where(i => i.IsPublic).Select(Name).Order(StringComparer.Ordinal);
        if (type.BaseType is { } parent && parent != typeof(object) && !type.IsValueType)
            parents = parents.Prepend(Name(parent));
        var list = string.Join(", ", parents);
        return $"{modifier}{kind} {Name(type)}{(list.Length > 0 && !type.IsEnum ? " : " + list : "")}";
    }

    private static string? Describe(MemberInfo member) => member switch
    {
        ConstructorInfo { IsStatic: false } c when IsSeen(c) => $"{Access(c)}.ctor({Parameters(c)})",
        MethodInfo { IsSpecialName: false } m when IsSeen(m) =>
            $"{Access(m)}{m.Name}{Generics(m)}({Parameters(m)}) : {Name(m.ReturnType)}{Mark(Nullability.Create(m.ReturnParameter))}",
        MethodInfo { IsSpecialName: true } m when IsSeen(m) && m.Name.StartsWith("op_", StringComparison.Ordinal) =>
            $"{m.Name}({Parameters(m)}) : {Name(m.ReturnType)}",
        PropertyInfo p when p.GetAccessors(true).Any(IsSeen) => Describe(p),
        FieldInfo f when f.IsPublic || f.IsFamily || f.IsFamilyOrAssembly =>
            f.IsLiteral && f.Name != "value__" ? $"{f.Name} = {f.GetRawConstantValue()}" : f.IsSpecialName ? null : $"{f.Name} : {Name(f.FieldType)}",
        EventInfo e when IsSeen(e.AddMethod!) => $"event {e.Name} : {Name(e.EventHandlerType!)}",
        _ => null,
    };

    private static string Describe(PropertyInfo property)
    {
        var accessors = property.GetAccessors(true).Where(IsSeen).ToArray();
        var setter = property.SetMethod is { } s && IsSeen(s) ? s : null;
        var isInit = setter?.ReturnParameter.GetRequiredCustomModifiers().Contains(typeof(IsExternalInit)) == true;
        var index = property.GetIndexParameters();
        var name = index.Length == 0 ? property.Name : $"this[{string.Join(", ", index.Select(i => Name(i.ParameterType)))}]";
        return $"{Access(accessors[0])}{name} : {Name(property.PropertyType)}{Mark(Nullability.Create(property))} {{ "
            + $"{(property.GetMethod is { } g && IsSeen(g) ? "get; " : "")}{(setter is null ? "" : isInit ? "init; " : "set; ")}}}";
    }

    private static bool IsSeen(MethodBase method) => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly;

    private static string Access(MethodBase method) =>
        (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : "")
        + (method.IsAbstract ? "abstract " : method is MethodInfo { IsVirtual: true, IsFinal: false } m
            ? m.GetBaseDefinition().DeclaringType == m.DeclaringType ? "virtual " : "override " : "");

    private static string Generics(MethodInfo method) =>
        method.IsGenericMethodDefinition ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";

    private static string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p =>
        (p.IsOut ? "out " : p.ParameterType.IsByRef ? "ref " : "")
        + $"{Name(p.ParameterType)}{Mark(Nullability.Create(p))} {p.Name}{(p.IsOptional ? $" = {p.DefaultValue ?? "null"}" : "")}"));

    private static string Mark(NullabilityInfo info) =>
        info.ReadState == NullabilityState.Nullable && Nullable.GetUnderlyingType(info.Type) is null && !info.Type.IsGenericParameter ? "?" : "";

    private static string Name(Type type)
    {
        if (type.IsByRef)
            return Name(type.GetElementType()!);
        if (type.IsArray)
            return Name(type.GetElementType()!) + "[]";
        if (Nullable.GetUnderlyingType(type) is { } underlying)
            return Name(underlying) + "?";
        var name = type.DeclaringType is { } outer && !type.IsGenericParameter ? $"{Name(outer)}.{type.Name}" : type.Name;
        return type.IsGenericType ? $"{name.Split('`')[0]}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>" : name;
    }
}
