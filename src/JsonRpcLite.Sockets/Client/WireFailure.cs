using System.Net.Sockets;

namespace JsonRpcLite;

/// <summary>What a failure of a connection means to its caller.</summary>
internal static class WireFailure
{
    /// <summary>What the failure means to the caller; <c>null</c> leaves it as it is.</summary>
    public static Exception? Translate(Exception exception, CancellationToken cancellationToken)
    {
        if (cancellationToken.IsCancellationRequested)
            return new OperationCanceledException("The call was cancelled, and its connection closed.", exception, cancellationToken);
        return exception is SocketException or ObjectDisposedException ? new IOException(exception.Message, exception) : null;
    }
}
