using System.ComponentModel;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace JsonRpcLite.Load;

/// <summary>Linux's epoll, level-triggered.</summary>
internal sealed partial class Epoll : Readiness
{
    private const int CloseOnExec = 0x80000, Adding = 1, Removing = 2, Readable = 1, Interrupted = 4, Most = 256;

    /// <summary>The layout of struct epoll_event, in words of four bytes.</summary>
    /// <remarks>Its 64 bits of data follow the events directly on x64, and are aligned elsewhere.</remarks>
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 3 : 4;
    private static readonly int Data = Stride - 2;

    private readonly int[] _one = new int[Stride];
    private readonly int[] _ready = new int[Most * Stride];
    private readonly SafeFileHandle _epoll = new(Check(Create(CloseOnExec)), ownsHandle: true);

    public override void Add(Socket socket, int slot)
    {
        _one[0] = Readable;
        _one[Data] = slot;
        Check(Control(_epoll, Adding, (int)socket.Handle, _one));
    }

    public override void Remove(Socket socket, int slot) => Check(Control(_epoll, Removing, (int)socket.Handle, _one));

    public override int Wait(Span<int> slots, TimeSpan atMost)
    {
        var count = Wait(_epoll, _ready, Math.Min(Most, slots.Length), (int)atMost.TotalMilliseconds);
        if (count < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            return 0;
        Check(count);
        for (var i = 0; i < count; i++)
            slots[i] = _ready[i * Stride + Data];
        return count;
    }

    public override void Dispose() => _epoll.Dispose();

    private static int Check(int result) => result >= 0 ? result : throw new Win32Exception(Marshal.GetLastPInvokeError());

    [LibraryImport("libc", EntryPoint = "epoll_create1", SetLastError = true)]
    private static partial int Create(int flags);

    [LibraryImport("libc", EntryPoint = "epoll_ctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle epoll, int operation, int descriptor, int[] what);

    [LibraryImport("libc", EntryPoint = "epoll_wait", SetLastError = true)]
    private static partial int Wait(SafeFileHandle epoll, [Out] int[] ready, int most, int milliseconds);
}
