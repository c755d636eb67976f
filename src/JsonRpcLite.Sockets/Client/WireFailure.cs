using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>Translates failures of a connection into the exceptions that callers see.</summary>
internal static class WireFailure
{
    /// <summary>The exception for the caller; <c>null</c> means that the original exception is thrown.</summary>
    public static Exception? Translate(Exception exception, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException("The call was cancelled, and its connection was closed.", exception, cancellationToken);
        return exception is SocketException or ObjectDisposedException ? new IOException(exception.Message, exception) : null;
    }
}
