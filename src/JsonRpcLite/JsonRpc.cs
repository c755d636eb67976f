namespace JsonRpcLite;

/// <summary>The front door.</summary>
public static class JsonRpc;
