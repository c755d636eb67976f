namespace JsonRpcLite;

/// <summary>Makes a method of a contract a notification on the client: it is sent without an id, and the server does not answer it (JSON-RPC 2.0, 4.1).</summary>
/// <remarks>
/// The method returns <c>void</c>, <see cref="Task"/> or <see cref="ValueTask"/>, and returns when the server has taken the notification. Whether the method exists or
/// succeeds is not reported. Without this attribute a
/// <c>void</c> method is a call that waits for the server's answer.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcNotificationAttribute : Attribute;
