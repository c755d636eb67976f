namespace JsonRpcLite;

/// <summary>Excludes a public method of a class that <c>AddMethods</c> adds.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcIgnoreAttribute : Attribute;
