using ModelContextProtocol.Server;

namespace JsonRpcLite.Peers.Mcp;

/// <summary>The called tools.</summary>
[McpServerToolType]
internal sealed class Tools
{
    [McpServerTool(Name = "subtract")]
    public static int Subtract(int minuend, int subtrahend) => minuend - subtrahend;
}
