using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>
/// Tells which of many sockets can be read, and costs next to nothing for those that cannot: a load that is dearer than the server it drives would measure itself. Each socket
/// has a slot, a small number of the caller's. For one thread.
/// </summary>
internal abstract class Readiness : IDisposable
{
    /// <summary>Cheap with 10,000 sockets on Linux; elsewhere only with some hundred.</summary>
    public static Readiness Create() => OperatingSystem.IsLinux() ? new Epoll() : new Selection();

    public abstract void Add(Socket socket, int slot);

    /// <summary>Before the socket is disposed of.</summary>
    public abstract void Remove(Socket socket, int slot);

    /// <summary>Waits until there is something to read, and fills in the slots.</summary>
    /// <returns>How many; 0 when the time was over first.</returns>
    public abstract int Wait(Span<int> slots, TimeSpan atMost);

    public abstract void Dispose();
}
