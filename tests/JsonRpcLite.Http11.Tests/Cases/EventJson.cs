using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Converts events between the engine's form and that of the cases.</summary>
internal static class EventJson
{
    public static JsonObject From(Http11Event happened, bool expectsContinue) => happened switch
    {
        Http11Request r => Request(r, expectsContinue),
        Http11Response r => Response("response", r.StatusCode, r.Reason, r.Version, r.Fields),
        Http11InformationalResponse r => Response("informational", r.StatusCode, r.Reason, r.Version, r.Fields),
        Http11Data d => new JsonObject { ["type"] = "data", ["body"] = Encoding.Latin1.GetString(d.Bytes.Span) },
        Http11EndOfMessage e => new JsonObject { ["type"] = "end", ["trailers"] = Fields(e.Trailers) },
        _ => new JsonObject { ["type"] = "closed" },
    };

    public static Http11Event ToEvent(JsonObject e)
    {
        var fields = ((e["headers"] ?? e["trailers"])?.AsArray() ?? []).Select(f => new Http11Field((string)f![0]!, (string)f[1]!)).ToArray();
        var reason = (string?)e["reason"] ?? "";
        var version = (string?)e["version"] ?? "1.1";
        return (string)e["type"]! switch
        {
            "request" => new Http11Request((string)e["method"]!, (string)e["target"]!, fields, version),
            "response" => new Http11Response((int)e["status"]!, fields, reason, version),
            "informational" => new Http11InformationalResponse((int)e["status"]!, fields, reason, version),
            "data" => new Http11Data(Encoding.Latin1.GetBytes((string)e["body"]!)),
            "end" => new Http11EndOfMessage(fields),
            "closed" => new Http11ConnectionClosed(),
            var other => throw new InvalidOperationException($"Unknown event {other}"),
        };
    }

    public static JsonArray Fields(IEnumerable<Http11Field> fields) =>
        new([.. fields.Select(f => new JsonArray(f.Name.ToLower(CultureInfo.InvariantCulture), f.Value))]);

    private static JsonObject Request(Http11Request r, bool expectsContinue)
    {
        var json = new JsonObject
        {
            ["type"] = "request",
            ["method"] = r.Method,
            ["target"] = r.Target,
            ["version"] = r.Version,
            ["headers"] = Fields(r.Fields),
        };
        if (expectsContinue)
            json["expectContinue"] = true;
        return json;
    }

    private static JsonObject Response(string type, int status, string reason, string version, IReadOnlyList<Http11Field> fields) => new()
    {
        ["type"] = type,
        ["status"] = status,
        ["reason"] = reason,
        ["version"] = version,
        ["headers"] = Fields(fields),
    };
}
