using System.Text.Json;

namespace JsonRpcLite;

/// <summary>
/// The settings of a client. They are copied and checked when it is made; a value out of range is an <see cref="ArgumentOutOfRangeException"/>
/// that names the property.
/// </summary>
public sealed class JsonRpcClientOptions
{
    /// <summary>What carries the calls: by default a new <see cref="HttpClientTransport"/>. One transport serves one client.</summary>
    public ClientTransport? Transport { get; set; }

    /// <summary>How values become JSON and JSON becomes values; see <see cref="JsonRpcServerOptions.SerializerOptions"/> for the default and for what always holds.</summary>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>
    /// How long a call may take, from its beginning to the last byte of the reply: 30 s by default, above 0 and up to 24 days, or
    /// <see cref="System.Threading.Timeout.InfiniteTimeSpan"/>. It is told to the server (<see cref="HttpFields.TimeoutMs"/>), which ends the call then too.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest body of a reply in bytes that the client takes: 16 MiB by default, 1 KiB to 2 GiB.</summary>
    public int MaxResponseBodySize { get; set; } = 16 * 1024 * 1024;

    /// <summary>
    /// Fields to send with every call, such as a token: <c>Headers = { ["Authorization"] = "Bearer ..." }</c>. None by default. They take the place of what would be sent by itself:
    /// <c>Content-Type</c>, <see cref="HttpFields.TimeoutMs"/> (the server then ends a call by that, the client still by <see cref="Timeout"/>), and <c>Host</c>. What frames a message is the
    /// transport's to write, and an <see cref="ArgumentException"/> when the client is made: <c>Content-Length</c>, <c>Transfer-Encoding</c>, <c>Trailer</c>, <c>TE</c>, <c>Connection</c>,
    /// <c>Keep-Alive</c>, <c>Proxy-Connection</c> and <c>Upgrade</c>.
    /// </summary>
    public HttpFields Headers { get; } = [];

    /// <summary>The clock for the time limits of the client and of its <see cref="Transport"/>; the system's by default.</summary>
    /// <remarks>
    /// Connections of <see cref="HttpClientTransport"/> are the exception: HttpClient reads the system's clock for how long connecting may take and for how long a connection is kept. With another clock
    /// than the system's, a call's objects are not used again for the next one.
    /// </remarks>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    internal void Check()
    {
        ArgumentNullException.ThrowIfNull(TimeProvider);
        var check = new SettingCheck(nameof(JsonRpcClientOptions));
        check.TimeAboveZeroOrInfinite(Timeout);
        check.AtLeast(1024, MaxResponseBodySize);
        if (Headers.FindFraming() is { } framing)
            throw new ArgumentException($"{nameof(JsonRpcClientOptions)}.{nameof(Headers)} has '{framing}', which is the transport's to write.", nameof(Headers));
    }
}
