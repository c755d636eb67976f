using System.Net;
using System.Text;

namespace JsonRpcLite.Tests;

/// <summary>An exchange whose body arrives as a test decides, and which keeps the sent replies.</summary>
internal sealed class ScriptedExchange : HttpExchange
{
    private readonly TaskCompletionSource<ReadOnlyMemory<byte>> _body = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="context">The context with which its transport was started.</param>
    /// <param name="body">A body that came with the head; <c>null</c> for one that has to be waited for.</param>
    public ScriptedExchange(ServerTransportContext context, string? body = null)
        : base(context.Limits)
    {
        ProtocolVersion = HttpVersion.Version10;
        if (body is not null)
            Finish(body);
    }

    /// <summary>Completes when a reply was sent.</summary>
    public Task Sent => _sent.Task;

    public int Status { get; private set; }

    public string Text { get; private set; } = "";

    public List<string> Fields { get; } = [];

    /// <summary>The number of replies that were sent.</summary>
    public int Replies { get; private set; }

    public bool IsLast { get; private set; }

    /// <summary>A number of bytes of the body have arrived.</summary>
    public void Receive(int bytes) => BodyBytesRead = bytes;

    /// <summary>All of the body has arrived.</summary>
    public void Finish(string body) => _body.SetResult(Encoding.UTF8.GetBytes(body));

    /// <summary>The body breaks off.</summary>
    public void Break() => _body.SetException(new HttpRefusalException(400, "The body broke off."));

    public bool TryRest() => TryReset();

    public bool Disconnect() => OnPeerGone();

    protected override ValueTask<ReadOnlyMemory<byte>> ReadBodyCoreAsync(CancellationToken cancellationToken) => new(_body.Task);

    protected internal override ValueTask SendAsync(HttpResponseHead head, ReadOnlyMemory<byte> body, ReplyPart part)
    {
        (Status, Text, IsLast) = (head.StatusCode, Encoding.UTF8.GetString(body.Span), head.EndsConnection);
        Fields.AddRange(head.Headers.Select(f => $"{f.Key}: {f.Value}"));
        Replies++;
        _sent.TrySetResult();
        return default;
    }
}
