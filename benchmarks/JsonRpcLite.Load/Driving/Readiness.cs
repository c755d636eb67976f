using System.Net.Sockets;

namespace JsonRpcLite.Load;

/// <summary>Reports which of many sockets are readable.</summary>
/// <remarks>
/// For one thread. Sockets that are not readable cost almost nothing: a load that is more expensive than the server it drives would measure itself. Each socket has a slot, a
/// small number that the caller chooses.
/// </remarks>
internal abstract class Readiness : IDisposable
{
    /// <summary>Creates the implementation of the platform: cheap with 10,000 sockets on Linux, elsewhere only with a few hundred.</summary>
    public static Readiness Create() => OperatingSystem.IsLinux() ? new Epoll() : new Selection();

    public abstract void Add(Socket socket, int slot);

    /// <summary>Removes a socket, before it is disposed.</summary>
    public abstract void Remove(Socket socket, int slot);

    /// <summary>Waits until there is something to read, and fills in the slots.</summary>
    /// <returns>The number of sockets; 0 if the time expired first.</returns>
    public abstract int Wait(Span<int> slots, TimeSpan atMost);

    public abstract void Dispose();
}
