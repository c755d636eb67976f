using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// Resets the connection under an HttpListener's context. HttpListener itself has no way to do that: in the middle of a chunked reply its Abort writes the end mark, so that the
/// reply looks whole; and to a client that reads nothing, it never returns.
/// </summary>
/// <remarks>It takes the socket from the private members of .NET's managed HttpListener, which is the one of all systems but Windows. Where they are not there, it says
/// so.</remarks>
internal static class ListenerSocket
{
    private const string ConnectionType = "System.Net.HttpConnection, System.Net.HttpListener";

    /// <summary>
    /// Ends a chunked reply in the middle. Where the connection cannot be reset, HttpListener writes the end mark, and may wait for that: it gets a thread of its own.
    /// </summary>
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
            // The connection is gone already.
        }
    }

    /// <summary>False: the socket could not be had, and nothing has happened.</summary>
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
            // Closed already.
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
