using Microsoft.Extensions.Logging;

namespace JsonRpcLite;

/// <summary>Writes unexpected exceptions to the application's logs, with the id that the caller receives.</summary>
internal sealed partial class CallLog(ILoggerFactory loggers)
{
    private readonly ILogger _logger = loggers.CreateLogger("JsonRpcLite.Calls");

    public void Write(JsonRpcFailure failure) => UnexpectedException(failure.Method, failure.Id, failure.RemoteEndPoint, failure.Exception);

    [LoggerMessage(1, LogLevel.Error, "Unexpected exception {FailureId} in a call of {Method} from {RemoteEndPoint}.")]
    private partial void UnexpectedException(string? method, string failureId, System.Net.EndPoint? remoteEndPoint, Exception exception);
}
