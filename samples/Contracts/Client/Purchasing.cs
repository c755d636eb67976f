using JsonRpcLite;

namespace Warehouse;

/// <summary>Code that uses the warehouse and does not know whether it is a server, an object in this process, or a mock.</summary>
public sealed class Purchasing(IWarehouse warehouse)
{
    public async Task<string> TakeAsync(string item, int count)
    {
        try
        {
            var delivery = await warehouse.TakeAsync(new Order(item, count));
            return $"took {delivery.Count} of {delivery.Item}, {delivery.Left} are left";
        }
        catch (JsonRpcException e) when (e.Code == IWarehouse.NotEnough)
        {
            return $"took none of {item}, for there are only {await warehouse.CountAsync(item)}";
        }
    }
}
