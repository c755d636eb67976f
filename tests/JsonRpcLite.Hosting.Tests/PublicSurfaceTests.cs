using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosting.Tests;

public class PublicSurfaceTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() => PublicSurface.ShouldBeApproved(typeof(JsonRpcServerFactory).Assembly);
}
