using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class CollectedGarbageOnHttpListener() : CollectedGarbageTests(new HttpListenerHost());

public sealed class CollectedGarbageOnSockets() : CollectedGarbageTests(new SocketHost());

public sealed class CollectedGarbageOnPortableSockets() : CollectedGarbageTests(new PortableSocketHost());

/// <summary>A server stays alive while it listens, waits or calls: the garbage collector never takes a part of it.</summary>
public abstract class CollectedGarbageTests : HostTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly TaskCompletionSource _gate = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim _entered = new(0);

    private protected CollectedGarbageTests(Host host)
        : base(host)
    {
    }

    [Fact]
    public async Task A_reference_to_a_server_keeps_all_of_it_alive()
    {
        using var server = Make();

        await ShouldOutliveCollectionsAsync(server.Address);
    }

    // A local variable keeps nothing alive after its last use. This server cannot be stopped; it ends with the process.
    [Fact]
    public Task A_server_without_references_stays_alive() => ShouldOutliveCollectionsAsync(MakeAndForget());

    /// <summary>An idle connection, a call in flight, and the listener for the next one stay alive, too.</summary>
    private async Task ShouldOutliveCollectionsAsync(Uri address)
    {
        using var idle = await RawConnection.OpenAsync(address.Port);
        await idle.SendAsync(RawRequest.Post("1"));
        (await idle.ReceiveAsync())!.Text.Should().Be("1");
        using var waiting = await RawConnection.OpenAsync(address.Port);
        await waiting.SendAsync(RawRequest.Post("\"wait\""));
        (await _entered.WaitAsync(Patience)).Should().BeTrue("the call must begin");

        for (var i = 0; i < 5; i++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
        }

        (await RawConnection.ExchangeAsync(address.Port, RawRequest.Post("2"))).Text.Should().Be("2");
        await idle.SendAsync(RawRequest.Post("3"));
        (await idle.ReceiveAsync())!.Text.Should().Be("3");
        _gate.SetResult();
        (await waiting.ReceiveAsync())!.Text.Should().Be("\"wait\"");
    }

    // Inlined, it would keep the server in the stack frame of the test.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private Uri MakeAndForget() => Make().Address;

    private JsonRpcServer Make() => JsonRpc.MakeServer(0, WaitIfRequested, new() { Transport = Host.MakeTransport() });

    private async Task<JsonNode?> WaitIfRequested(JsonNode? command)
    {
        if (command!.ToJsonString() == "\"wait\"")
        {
            _entered.Release();
            await _gate.Task;
        }
        return command;
    }
}
