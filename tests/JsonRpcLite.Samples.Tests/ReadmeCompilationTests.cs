namespace JsonRpcLite.Samples.Tests;

/// <summary>The packages that the blocks of the pages may use: those that they name, and no others.</summary>
public class ReadmeCompilationTests
{
    [Fact]
    public void A_block_with_WebApplication_has_what_a_web_project_has() => ReadmeTests.Compile("""
        var builder = WebApplication.CreateBuilder(args);
        builder.Services.AddJsonRpc().AddMethods(methods => methods.Add("sum", (int a, int b) => a + b));
        var app = builder.Build();
        app.MapJsonRpc("/rpc").RequireAuthorization();
        app.Run();
        """);

    [Fact]
    public void A_block_with_the_generic_host_has_its_packages() => ReadmeTests.Compile("""
        using Microsoft.Extensions.DependencyInjection;
        using Microsoft.Extensions.Hosting;

        var builder = Host.CreateApplicationBuilder(args);
        builder.Services.AddHttpClient("a").AddStandardResilienceHandler(options => options.Retry.MaxRetryAttempts = 1);
        builder.Services.AddJsonRpc();
        builder.Build().Run();
        """);

    [Fact]
    public void Any_other_block_has_no_packages() =>
        ReadmeTests.MakeCompilation("JsonRpcLite.JsonRpcServerFactory? factory = null;").GetDiagnostics().Should().Contain(d => d.Id == "CS0234");
}
