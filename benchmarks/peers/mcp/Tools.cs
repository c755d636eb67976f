using ModelContextProtocol.Server;

namespace JsonRpcLite.Peers.Mcp;

/// <summary>What is called.</summary>
[McpServerToolType]
internal sealed class Tools
{
    [McpServerTool(Name = "subtract")]
    public static int Subtract(int minuend, int subtrahend) => minuend - subtrahend;
}
