using System.Diagnostics;
using System.Globalization;

namespace JsonRpcLite;

/// <summary>The span and the durations of one exchange of a JSON-RPC client: a call, a notification, or a batch.</summary>
/// <remarks>The object is reused with its call, so that metrics alone allocate nothing.</remarks>
internal sealed class ClientMeasure
{
    private TimeProvider _clock = TimeProvider.System;
    private Uri _address = null!;
    private object _port = 0;
    private long _began;
    private string _method = "";
    private bool _isBatch;
    private Activity? _activity;
    private (int? Code, string? Type) _error;

    /// <summary>Whether the measurement has begun and not ended.</summary>
    public bool IsRunning { get; private set; }

    /// <param name="address">The client's address.</param>
    /// <param name="clock">The client's clock.</param>
    /// <param name="method">The method; <c>null</c> for a batch.</param>
    /// <param name="isKnown">Whether metrics record the method by its name.</param>
    /// <param name="batchSize">The number of requests in the batch; <c>null</c> for a call.</param>
    /// <param name="id">The id of the request; <c>null</c> where it has none.</param>
    public void Begin(Uri address, TimeProvider clock, string? method, bool isKnown, int? batchSize, long? id)
    {
        (_clock, _address, _method, _isBatch, _error, _activity, IsRunning) =
            (clock, address, isKnown ? method! : RpcTelemetry.OtherMethod, batchSize is not null, default, null, true);
        if (_port is not int port || port != address.Port)
            _port = address.Port;
        _began = clock.GetTimestamp();
        if (!RpcTelemetry.Source.HasListeners())
            return;
        var tags = new List<KeyValuePair<string, object?>>(5) { new(RpcTelemetry.System, RpcTelemetry.JsonRpcSystem) };
        if (!_isBatch)
            tags.Add(new(RpcTelemetry.Method, _method));
        tags.Add(new(RpcTelemetry.ServerAddress, address.Host));
        tags.Add(new(RpcTelemetry.ServerPort, _port));
        _activity = RpcTelemetry.Source.StartActivity(ActivityKind.Client, default, tags, links: null, clock.GetUtcNow(), isKnown ? method! : RpcTelemetry.JsonRpcSystem);
        if (_activity is not { IsAllDataRequested: true } activity)
            return;
        activity.SetTag(RpcTelemetry.ProtocolVersion, "2.0");
        if (id is { } number)
            activity.SetTag(RpcTelemetry.RequestId, number.ToString(CultureInfo.InvariantCulture));
        if (batchSize is { } size)
            activity.SetTag(RpcTelemetry.BatchSize, size);
        else if (!isKnown)
            activity.SetTag(RpcTelemetry.OriginalMethod, PeerText.Shown(method!));
    }

    /// <summary>Records the failure of the exchange.</summary>
    /// <param name="code">The code of a JSON-RPC error; <c>null</c> where no valid reply came.</param>
    /// <param name="exception">The exception that the caller gets.</param>
    public void Fail(int? code, Exception exception)
    {
        _error = ErrorOf(code, exception);
        // The server's message is not recorded, since it may contain anything.
        if (code is null)
            _activity?.SetStatus(ActivityStatusCode.Error, exception.Message);
    }

    /// <summary>Records one call or notification of the batch.</summary>
    public void Record(string method, bool isKnown, int? code, Exception? exception) =>
        Record(isKnown ? method : RpcTelemetry.OtherMethod, exception is null ? default : ErrorOf(code, exception), _clock.GetElapsedTime(_began));

    /// <summary>Ends the measurement, after the result was read or the exchange has failed.</summary>
    public void End()
    {
        IsRunning = false;
        var duration = _clock.GetElapsedTime(_began);
        if (!_isBatch)
            Record(_method, _error, duration);
        if (_activity is not { } activity)
            return;
        if (_error.Code is { } code)
            activity.SetTag(RpcTelemetry.StatusCode, RpcTelemetry.TextOf(code));
        if (_error.Type is { } type)
        {
            activity.SetTag(RpcTelemetry.ErrorType, type);
            activity.SetStatus(ActivityStatusCode.Error, activity.StatusDescription);
        }
        activity.SetEndTime(activity.StartTimeUtc + duration);
        activity.Stop();
        _activity = null;
    }

    private static (int? Code, string? Type) ErrorOf(int? code, Exception exception)
    {
        if (code is { } known)
            return (known, MeasuredCodes.OfClients.TextOf(known));
        return (null, exception switch
        {
            HttpRequestException { StatusCode: { } status } => RpcTelemetry.TextOf((int)status),
            // The values of HttpClient's own metrics.
            HttpRequestException { HttpRequestError: var error } when error != HttpRequestError.Unknown => error switch
            {
                HttpRequestError.NameResolutionError => "name_resolution_error",
                HttpRequestError.ConnectionError => "connection_error",
                HttpRequestError.SecureConnectionError => "secure_connection_error",
                HttpRequestError.InvalidResponse => "invalid_response",
                HttpRequestError.ResponseEnded => "response_ended",
                HttpRequestError.ConfigurationLimitExceeded => "configuration_limit_exceeded",
                HttpRequestError.ProxyTunnelError => "proxy_tunnel_error",
                HttpRequestError.UserAuthenticationError => "user_authentication_error",
                HttpRequestError.VersionNegotiationError => "version_negotiation_error",
                _ => error.ToString(),
            },
            OperationCanceledException { InnerException: TimeoutException } => "timeout",
            _ => exception.GetType().FullName,
        });
    }

    private void Record(string method, (int? Code, string? Type) error, TimeSpan duration)
    {
        if (!RpcTelemetry.ClientDuration.Enabled)
            return;
        var tags = new TagList { { RpcTelemetry.System, RpcTelemetry.JsonRpcSystem }, { RpcTelemetry.Method, method }, { RpcTelemetry.ServerAddress, _address.Host },
            { RpcTelemetry.ServerPort, _port } };
        // The error type of a JSON-RPC error is its code, if metrics record that code by itself.
        if (error.Code is not null)
            tags.Add(RpcTelemetry.StatusCode, error.Type);
        if (error.Type is not null)
            tags.Add(RpcTelemetry.ErrorType, error.Type);
        RpcTelemetry.ClientDuration.Record(duration.TotalSeconds, tags);
    }
}
