using System.Text;

namespace JsonRpcLite.Http11;

/// <summary>Copies the event that a connection has read last, so that the copy outlives the next read.</summary>
internal static class EventCopy
{
    public static Http11Event Of(Http11Connection connection) => connection.Kind switch
    {
        Http11EventKind.Request =>
            new Http11Request(Text(connection.Method), Text(connection.Target), connection.Fields.ToList(), connection.TheirVersion!.ToString()),
        Http11EventKind.InformationalResponse =>
            new Http11InformationalResponse(connection.StatusCode, connection.Fields.ToList(), Text(connection.Reason), connection.TheirVersion!.ToString()),
        Http11EventKind.Response =>
            new Http11Response(connection.StatusCode, connection.Fields.ToList(), Text(connection.Reason), connection.TheirVersion!.ToString()),
        Http11EventKind.Data => new Http11Data(connection.Data.ToArray(), connection.ChunkStart, connection.ChunkEnd),
        Http11EventKind.EndOfMessage => new Http11EndOfMessage(connection.Trailers.ToList()),
        Http11EventKind.ConnectionClosed => new Http11ConnectionClosed(),
        Http11EventKind.Paused => new Http11Paused(),
        _ => new Http11NeedData(),
    };

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
