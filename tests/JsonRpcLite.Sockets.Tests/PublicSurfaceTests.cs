using JsonRpcLite.Tests;

namespace JsonRpcLite.Sockets.Tests;

public class PublicSurfaceTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() => PublicSurface.ShouldBeApproved(typeof(SocketWire).Assembly);
}
