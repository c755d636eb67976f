namespace JsonRpcLite;

/// <summary>Keeps a public method of a class from being a method of the server, where all others are (AddMethods of Hosting).</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcIgnoreAttribute : Attribute;
