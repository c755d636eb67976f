using System.Buffers;
using System.Text;
using System.Text.Json.Nodes;

namespace JsonRpcLite.Http11.Tests;

/// <summary>Plays a parse case as the cases' README says, with its input cut anywhere.</summary>
internal static class ParsePlayer
{
    private const int MostReads = 500_000;

    public static IEnumerable<byte[]> Cut(byte[] input, string feed) => feed switch
    {
        "whole" => [input],
        "byte" => input.Chunk(1),
        _ => input.Chunk(int.Parse(feed["every:".Length..], System.Globalization.CultureInfo.InvariantCulture)),
    };

    public static byte[] Input(JsonObject @case) => Encoding.Latin1.GetBytes((string)@case["input"]!);

    public static Outcome Play(JsonObject @case, IEnumerable<byte[]> pieces) => new Run(@case, new BufferedSource()).Play([.. pieces]);

    /// <summary>The same over the caller's own segments, as they arrive.</summary>
    public static Outcome PlayInSegments(JsonObject @case, IEnumerable<byte[]> pieces) => new Run(@case, new SegmentedSource()).Play([.. pieces]);

    private sealed class Run(JsonObject @case, ISource source)
    {
        private readonly Http11Connection _connection = new(@case.Role(), @case.Options());
        private readonly ArrayBufferWriter<byte> _sent = new();
        private readonly Outcome _outcome = new();
        private readonly bool _responds = (string?)@case["drive"] != "none";
        private readonly JsonArray _requests = @case["requests"]?.AsArray() ?? [];
        private int _request;

        public Outcome Play(byte[][] pieces)
        {
            if (@case.Role() == Http11Role.Client)
                SendNextRequest();
            var next = 0;
            try
            {
                for (var reads = 0; reads < MostReads; reads++)
                {
                    var kind = source.Next(_connection);
                    if (kind is Http11EventKind.NeedData or Http11EventKind.Paused)
                    {
                        if (next < pieces.Length)
                        {
                            source.Add(_connection, pieces[next++]);
                            continue;
                        }
                        if ((bool)@case["eof"]! && !source.IsEnded)
                        {
                            source.End(_connection);
                            continue;
                        }
                        return Finish(kind == Http11EventKind.Paused ? "paused" : "need-data", pieces, next);
                    }

                    _outcome.Add(EventJson.From(_connection.ToEvent(), _connection.ClientIsWaitingForContinue && kind == Http11EventKind.Request));
                    if (kind == Http11EventKind.ConnectionClosed)
                        return Finish("closed", pieces, next);
                    if (kind == Http11EventKind.EndOfMessage && IsOver())
                        return Finish("must-close", pieces, next);
                }
                return Finish("endless", pieces, next);
            }
            catch (RemoteProtocolException e)
            {
                _outcome.StatusHint = e.StatusHint;
                return Finish("error", pieces, next);
            }
        }

        private bool IsOver()
        {
            if (_connection.Role == Http11Role.Server && _responds)
            {
                _connection.Send(_sent, new Http11Response(200, [("Content-Length", "0")]));
                _connection.Send(_sent, new Http11EndOfMessage());
            }
            if (_connection.CanStartNextCycle)
            {
                _outcome.KeepAlive = true;
                if (_connection.Role == Http11Role.Server)
                {
                    _connection.StartNextCycle();
                }
                else if (_request < _requests.Count)
                {
                    _connection.StartNextCycle();
                    SendNextRequest();
                }
                return false;
            }
            if (_connection.OurState is Http11State.MustClose or Http11State.Closed || _connection.TheirState is Http11State.MustClose or Http11State.Closed)
            {
                if (_connection.Role == Http11Role.Server && !_responds)
                    return false;
                _outcome.KeepAlive = false;
                return true;
            }
            return false;
        }

        private void SendNextRequest()
        {
            var request = _requests[_request++]!;
            _connection.Send(_sent, new Http11Request((string)request["method"]!, (string)request["target"]!,
                [.. request["headers"]!.AsArray().Select(f => new Http11Field((string)f![0]!, (string)f[1]!))]));
            _connection.Send(_sent, new Http11EndOfMessage());
        }

        private Outcome Finish(string final, byte[][] pieces, int next)
        {
            _outcome.Final = final;
            _outcome.Remaining = Encoding.Latin1.GetString([.. source.Unread(_connection), .. pieces.Skip(next).SelectMany(p => p)]);
            return _outcome;
        }
    }
}
