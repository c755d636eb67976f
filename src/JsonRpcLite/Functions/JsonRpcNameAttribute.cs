namespace JsonRpcLite;

/// <summary>The name that a method or a parameter has in calls, instead of its name in C#.</summary>
/// <remarks>
/// On a parameter of a function that is given to <see cref="JsonRpcMethods.Add(string, Delegate)"/> it is the name by which callers pass the value, and the one that discovery and
/// errors tell. The name of the method itself is an argument of <see cref="JsonRpcMethods.Add(string, Delegate)"/> there, and the attribute on the function is not asked.
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
