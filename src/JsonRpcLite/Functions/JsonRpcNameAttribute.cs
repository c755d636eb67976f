namespace JsonRpcLite;

/// <summary>Sets the name of a method or a parameter in calls, instead of its C# name.</summary>
/// <remarks>
/// On a parameter of a function that is passed to <see cref="JsonRpcMethods.Add(string, Delegate)"/>, it is the name by which callers pass the value, and which discovery and
/// errors report. The name of the method itself is an argument of <see cref="JsonRpcMethods.Add(string, Delegate)"/>, and the attribute on the function is ignored.
/// </remarks>
/// <example>
/// <code>
/// methods.Add("find", ([JsonRpcName("class")] string kind) => shop.Find(kind));
/// </code>
/// </example>
/// <param name="name">The name, compared exactly.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Parameter)]
public sealed class JsonRpcNameAttribute(string name) : Attribute
{
    /// <summary>The name, compared exactly.</summary>
    public string Name { get; } = name ?? throw new ArgumentNullException(nameof(name));
}
