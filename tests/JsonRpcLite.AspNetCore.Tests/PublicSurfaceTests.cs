using JsonRpcLite.Tests;

namespace JsonRpcLite.AspNetCore.Tests;

public class PublicSurfaceTests
{
    [Fact]
    public void The_public_surface_is_the_approved_one() => PublicSurface.ShouldBeApproved(typeof(JsonRpcEndpointOptions).Assembly);
}
