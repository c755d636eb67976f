namespace JsonRpcLite.Tool;

/// <summary>The server's answer is not one that the command can use.</summary>
internal sealed class UnansweredException(string message) : Exception(message);
