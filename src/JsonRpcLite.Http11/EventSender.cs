using System.Buffers;

namespace JsonRpcLite.Http11;

/// <summary>Sends owned events with the methods that send bytes.</summary>
internal static class EventSender
{
    public static void Send(Http11Connection connection, IBufferWriter<byte> output, Http11Event what)
    {
        switch (what)
        {
            case Http11Request request:
                CheckVersion(request.Version);
                connection.SendRequest(
                    output, Latin1Text.ToBytes(request.Method), Latin1Text.ToBytes(request.Target), ToFields(request.Fields));
                break;
            case Http11InformationalResponse response:
                CheckVersion(response.Version);
                connection.SendInformationalResponse(
                    output, response.StatusCode, Latin1Text.ToBytes(response.Reason), ToFields(response.Fields));
                break;
            case Http11Response response:
                CheckVersion(response.Version);
                connection.SendResponse(output, response.StatusCode, Latin1Text.ToBytes(response.Reason), ToFields(response.Fields));
                break;
            case Http11Data data:
                connection.SendData(output, data.Bytes.Span);
                break;
            case Http11EndOfMessage end:
                connection.SendEndOfMessage(output, ToFields(end.Trailers));
                break;
            case Http11ConnectionClosed:
                connection.SendConnectionClosed();
                break;
            default:
                throw new LocalProtocolException($"An event of the kind {what.Kind} cannot be sent.");
        }
    }

    private static Http11Fields ToFields(IReadOnlyList<Http11Field> list)
    {
        ArgumentNullException.ThrowIfNull(list);
        var fields = new Http11Fields();
        foreach (var field in list)
            fields.Add(field.Name, field.Value);
        return fields;
    }

    private static void CheckVersion(string version)
    {
        if (version != "1.1")
            throw new LocalProtocolException($"Only HTTP/1.1 can be sent; the version is {version} (RFC 9110 2.5).");
    }
}
