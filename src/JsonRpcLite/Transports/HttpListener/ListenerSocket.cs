using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Resets the connection of an HttpListener's context, which HttpListener itself cannot do.</summary>
/// <remarks>
/// In the middle of a chunked reply, HttpListener's Abort writes the end mark, so that the reply looks complete; and if a client reads nothing, it never returns. The socket is
/// read from private members of .NET's managed HttpListener, which all systems except Windows use. If they are missing, the methods report that.
/// </remarks>
internal static class ListenerSocket
{
    private const string ConnectionType = "System.Net.HttpConnection, System.Net.HttpListener";

    /// <summary>Ends a chunked reply in the middle.</summary>
    /// <remarks>If the connection cannot be reset, HttpListener writes the end mark, and may wait for that on a separate thread.</remarks>
    public static void EndChunked(HttpListenerContext context)
    {
        if (TryReset(context))
            Abort(context.Response);
        else
            new Thread(() => Abort(context.Response)) { IsBackground = true, Name = "JsonRpcLite: end of a stream" }.Start();
    }

    private static void Abort(HttpListenerResponse response)
    {
        try
        {
            response.Abort();
        }
        catch (Exception e) when (e is HttpListenerException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The connection is already closed.
        }
    }

    /// <summary>Resets the connection; returns <c>false</c>, and has no effect, if the socket is not accessible.</summary>
    private static bool TryReset(HttpListenerContext context)
    {
        if (OperatingSystem.IsWindows())
            return false;
        try
        {
            return TryResetManaged(context);
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException or NotSupportedException)
        {
            return false;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool TryResetManaged(HttpListenerContext context)
    {
        if (ConnectionOf(context) is not { } connection || SocketOf(connection) is not { } socket)
            return false;
        try
        {
            socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The socket is already closed.
        }
        socket.Dispose();
        return true;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_Connection")]
    [return: UnsafeAccessorType(ConnectionType)]
    private static extern object? ConnectionOf(HttpListenerContext context);

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_socket")]
    private static extern ref Socket? SocketOf([UnsafeAccessorType(ConnectionType)] object connection);
}
