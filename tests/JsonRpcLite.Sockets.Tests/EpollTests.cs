using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace JsonRpcLite.Sockets.Tests;

public sealed class EpollTests
{
    [LinuxFact]
    public void A_child_process_does_not_inherit_the_descriptor()
    {
        const int closeOnExec = 0x80000;
        using var epoll = Epoll.Create();

        var flags = File.ReadLines($"/proc/self/fdinfo/{epoll.DangerousGetHandle()}").Single(line => line.StartsWith("flags:", StringComparison.Ordinal));

        (Convert.ToInt32(flags["flags:".Length..].Trim(), 8) & closeOnExec).Should().Be(closeOnExec);
    }

    [LinuxFact]
    public void A_batch_identifies_each_socket_by_its_key()
    {
        using var epoll = Epoll.Create();
        using var first = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        using var second = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var batch = new EpollBatch();
        epoll.Add(first, 0x0102030405060708);
        epoll.Add(second, ulong.MaxValue);

        // The sockets are writable.
        epoll.Wait(batch);

        (batch.IsEmpty, batch.Next(), batch.IsEmpty, batch.Next(), batch.IsEmpty)
            .Should().Be((false, (EpollEvents.Out, 0x0102030405060708), false, (EpollEvents.Out, ulong.MaxValue), true));
    }

    [Fact]
    public void A_wait_that_a_signal_ends_is_an_empty_batch()
    {
        var batch = new EpollBatch();
        batch.IsEmpty.Should().BeTrue();
        batch.Take(2);
        batch.Next();

        batch.Take(-1);

        batch.IsEmpty.Should().BeTrue();
        batch.Take(1);
        batch.IsEmpty.Should().BeFalse();
    }

    // 12 bytes for each event where it is packed, 16 elsewhere.
    [Theory]
    [InlineData(Architecture.X64, 4)]
    [InlineData(Architecture.X86, 4)]
    [InlineData(Architecture.Arm64, 8)]
    [InlineData(Architecture.Arm, 8)]
    [InlineData(Architecture.LoongArch64, 8)]
    [InlineData(Architecture.RiscV64, 8)]
    [InlineData(Architecture.S390x, 8)]
    [InlineData(Architecture.Ppc64le, 8)]
    public void An_event_is_packed_on_the_architectures_of_x86_alone(Architecture architecture, int keyOffset)
    {
        EpollBatch.KeyOffsetOn(architecture).Should().Be(keyOffset);
        EpollBatch.LargestEvent.Should().BeGreaterThanOrEqualTo(keyOffset + sizeof(ulong));
    }
}
