using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Plays a script case, step by step on one engine. Throws at the first step with another outcome.</summary>
internal sealed class ScriptPlayer(JsonObject @case)
{
    private readonly Http11Connection _connection = new(@case.Role(), @case.Options());

    public void Play()
    {
        var number = 0;
        foreach (var step in @case["steps"]!.AsArray())
        {
            var fault = Fault(step!.AsObject());
            if (fault is not null)
                throw new InvalidOperationException($"step {number} {step.ToJsonString()}: {fault}");
            number++;
        }
    }

    private string? Fault(JsonObject step)
    {
        var (name, value) = step.First();
        switch (name)
        {
            case "send":
                return FaultOfSending(step);
            case "receive":
                _connection.Receive(Encoding.Latin1.GetBytes((string)value!));
                return null;
            case "receiveEof":
                _connection.ReceiveEndOfFile();
                return null;
            case "receiveThrows":
                try
                {
                    _connection.Receive(Encoding.Latin1.GetBytes((string)value!));
                    return "did not throw";
                }
                catch (InvalidOperationException)
                {
                    return null;
                }
            case "next":
                return FaultOfReading(step);
            case "states":
                return Compare($"{Name(_connection.ClientState)}/{Name(_connection.ServerState)}", $"{value!["client"]}/{value["server"]}");
            case "startNextCycle":
                return Compare(Throws(_connection.StartNextCycle) ? "error" : "ok", (string)value!);
            case "trailing":
                return Compare($"{Encoding.Latin1.GetString(_connection.TrailingData.Span)} {_connection.IsEndOfFileReceived}", $"{value!["data"]} {(bool)value["closed"]!}");
            case "waiting100":
                return Compare(_connection.ClientIsWaitingForContinue.ToString(), ((bool)value!).ToString());
            case "theirVersion":
                return Compare(_connection.TheirVersion?.ToString() ?? "null", (string?)value ?? "null");
            case "sendFailed":
                _connection.SendFailed();
                return null;
            default:
                return "unknown step";
        }
    }

    private string? FaultOfSending(JsonObject step)
    {
        byte[] sent;
        try
        {
            sent = _connection.Send(EventJson.ToEvent(step["send"]!.AsObject()));
        }
        catch (LocalProtocolException e)
        {
            return step["error"] is null ? e.Message : null;
        }
        if (step["error"] is not null)
            return "no error";
        var text = Encoding.Latin1.GetString(sent);
        if (step["wire"] is { } wire)
            return Compare(text, (string)wire!);
        return step["head"] is { } head ? FaultOfHead(text, head.AsObject()) : null;
    }

    private static string? FaultOfHead(string text, JsonObject head)
    {
        if (!text.EndsWith("\r\n\r\n", StringComparison.Ordinal))
            return $"no head: {text}";
        var lines = text[..^4].Split("\r\n");
        if (FaultOfStart(lines[0], (string)head["start"]!) is { } fault)
            return fault;
        var fields = lines.Skip(1).Select(l => l.ToLower(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal);
        var expected = head["headers"]!.AsArray().Select(f => $"{f![0]}: {f[1]}".ToLower(CultureInfo.InvariantCulture)).Order(StringComparer.Ordinal);
        return Compare(string.Join('|', fields), string.Join('|', expected));
    }

    /// <summary>
    /// A case gives the part of the start line that it tests: all of it, or the first words if the rest is the engine's choice (the version of a request, the reason of a
    /// response).
    /// </summary>
    private static string? FaultOfStart(string line, string expected) =>
        line == expected || line.StartsWith($"{expected} ", StringComparison.Ordinal) ? null : $"got '{line}', not '{expected}'";

    private string? FaultOfReading(JsonObject step)
    {
        var expected = step["next"]!;
        Http11EventKind kind;
        try
        {
            kind = _connection.NextEvent();
        }
        catch (RemoteProtocolException e)
        {
            if (expected is not JsonValue value || (string)value! != "error")
                return e.Message;
            return step["status"] is JsonArray status && !status.Any(s => (int)s! == e.StatusHint) ? $"status hint {e.StatusHint}" : null;
        }
        if (expected is JsonValue signal)
            return Compare(kind switch { Http11EventKind.NeedData => "need-data", Http11EventKind.Paused => "paused", _ => kind.ToString() }, (string)signal!);
        var happened = EventJson.From(_connection.ToEvent(), false);
        return JsonNode.DeepEquals(happened, expected) ? null : $"got {happened.ToJsonString()}";
    }

    private static string Name(Http11State state) =>
        string.Concat(state.ToString().Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : $"{char.ToUpperInvariant(c)}"));

    private static bool Throws(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (LocalProtocolException)
        {
            return true;
        }
    }

    private static string? Compare(string actual, string expected) => actual == expected ? null : $"got '{actual}', not '{expected}'";
}
