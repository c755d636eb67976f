using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Http11.Tests;

/// <summary>The outcome of one play of a parse case, in the terms of the cases.</summary>
internal sealed class Outcome
{
    private readonly List<JsonObject> _events = [];

    public string Final { get; set; } = "";

    public bool? KeepAlive { get; set; }

    public string Remaining { get; set; } = "";

    public int StatusHint { get; set; }

    public void Add(JsonObject happened)
    {
        if ((string)happened["type"]! == "data" && _events.Count > 0 && (string)_events[^1]["type"]! == "data")
            _events[^1]["body"] = (string)_events[^1]["body"]! + (string)happened["body"]!;
        else
            _events.Add(happened);
    }

    public override string ToString() =>
        $"{string.Join(" ", _events.Select(e => Shorten(e.ToJsonString())))} => {Final} keepAlive={KeepAlive} remaining='{Shorten(Remaining)}' status={StatusHint}";

    /// <summary>The difference of the two, or null.</summary>
    public string? DiffersFrom(JsonNode expected, Http11Role role)
    {
        var final = (string)expected["final"]!;
        if (Final != final)
            return $"final is {Final}, not {final}";
        var theirs = expected["events"]!.AsArray().Select(e => e!.AsObject()).ToList();
        if (final == "error")
            return DiffersInError(expected, theirs, role);

        if (!SameEvents(_events, theirs))
            return $"events differ from {Shorten(expected["events"]!.ToJsonString())}";
        if (expected["keepAlive"] is { } keepAlive && KeepAlive != (bool)keepAlive)
            return $"keepAlive is {KeepAlive}";
        if (expected["remaining"] is { } remaining && Remaining != (string)remaining!)
            return $"remaining is '{Remaining}'";
        return null;
    }

    private string? DiffersInError(JsonNode expected, List<JsonObject> theirs, Http11Role role)
    {
        static bool IsData(JsonObject e) => (string)e["type"]! == "data";
        static string Body(IEnumerable<JsonObject> events) => string.Concat(events.Where(IsData).Select(e => (string)e["body"]!));
        if (!SameEvents([.. _events.Where(e => !IsData(e))], [.. theirs.Where(e => !IsData(e))]))
            return "events before the error differ";
        if (!Body(theirs).StartsWith(Body(_events), StringComparison.Ordinal))
            return "the body before the error differs";
        if (role == Http11Role.Server && expected["error"]?["status"]?.AsArray() is { } status && !status.Any(s => (int)s! == StatusHint))
            return $"the status hint is {StatusHint}";
        return null;
    }

    private static bool SameEvents(List<JsonObject> one, List<JsonObject> other) =>
        one.Count == other.Count && one.Zip(other).All(p => JsonNode.DeepEquals(p.First, p.Second));

    private static string Shorten(string text) => text.Length <= 400 ? text : new StringBuilder(text, 0, 400, 420).Append("...").ToString();
}
