using JsonRpcLite;
using NSubstitute;

namespace Warehouse;

/// <summary>Two ways to test with a contract: with client and server in memory, and with a mock in place of the server.</summary>
public class WarehouseTests
{
    [Fact]
    public async Task The_server_takes_what_is_ordered()
    {
        var transport = new InMemoryTransport();
        using var server = JsonRpc.MakeServer(0, new JsonRpcMethods().AddService<IWarehouse>(new Shelves()), new() { Transport = transport });
        using var client = JsonRpc.MakeClient(server.Address, new() { Transport = transport.CreateClient() });
        var warehouse = client.As<IWarehouse>();

        Assert.Equal(new Delivery("bolt", 20, 100), await warehouse.TakeAsync(new Order("bolt", 20)));
        Assert.Equal(100, await warehouse.CountAsync("bolt"));
        var refused = await Assert.ThrowsAsync<JsonRpcException>(() => warehouse.TakeAsync(new Order("bolt", 101)));
        Assert.Equal(IWarehouse.NotEnough, refused.Code);
    }

    [Fact]
    public async Task Purchasing_names_the_stock_when_it_is_not_enough()
    {
        var warehouse = Substitute.For<IWarehouse>();
        warehouse.TakeAsync(new Order("nut", 5)).Returns(Task.FromException<Delivery>(new JsonRpcException(IWarehouse.NotEnough, "")));
        warehouse.CountAsync("nut").Returns(3);

        Assert.Equal("took none of nut, for there are only 3", await new Purchasing(warehouse).TakeAsync("nut", 5));
    }
}
