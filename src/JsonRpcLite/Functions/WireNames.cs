using System.Reflection;

namespace JsonRpcLite;

/// <summary>The names of a class's methods in calls, by the same rule as for contracts.</summary>
internal static class WireNames
{
    private const string Async = "Async";

    /// <summary>Returns the prefix and the name in calls.</summary>
    /// <remarks>The name is that of <see cref="JsonRpcNameAttribute"/>, or the C# name without <c>Async</c> and with a lower-case first letter.</remarks>
    public static string Of(MethodInfo method, string prefix)
    {
        if (method.GetCustomAttribute<JsonRpcNameAttribute>() is { } given)
            return prefix + given.Name;
        var name = method.Name.EndsWith(Async, StringComparison.Ordinal) && method.Name.Length > Async.Length ? method.Name[..^Async.Length] : method.Name;
        return prefix + char.ToLowerInvariant(name[0]) + name[1..];
    }
}
