using System.Reflection;

namespace JsonRpcLite;

/// <summary>The names that methods of classes have in calls, by the same rule as those of contracts.</summary>
internal static class WireNames
{
    private const string Async = "Async";

    /// <summary>The prefix, and the name that <see cref="JsonRpcNameAttribute"/> says, or the one in C# without <c>Async</c> and with a small first letter.</summary>
    public static string Of(MethodInfo method, string prefix)
    {
        if (method.GetCustomAttribute<JsonRpcNameAttribute>() is { } given)
            return prefix + given.Name;
        var name = method.Name.EndsWith(Async, StringComparison.Ordinal) && method.Name.Length > Async.Length ? method.Name[..^Async.Length] : method.Name;
        return prefix + char.ToLowerInvariant(name[0]) + name[1..];
    }
}
