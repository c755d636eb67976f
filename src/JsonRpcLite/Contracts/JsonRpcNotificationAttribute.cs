namespace JsonRpcLite;

/// <summary>Makes a method of a contract a notification on the client (JSON-RPC 2.0, 4.1).</summary>
/// <remarks>
/// The call is sent without an id, and the server does not answer it. The method's return type is <c>void</c>, <see cref="Task"/> or <see cref="ValueTask"/>, and it completes
/// when the server has accepted the notification. The server does not report whether the method exists or succeeds. Without this attribute, a <c>void</c> method is a call that
/// waits for the server's answer.
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsonRpcNotificationAttribute : Attribute;
