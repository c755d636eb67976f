using Microsoft.AspNetCore.Authentication;
using OpenTelemetry.Trace;
using Shop;

var builder = WebApplication.CreateBuilder(args);

// The services of the application, as usual.
builder.Services.AddSingleton<Shelf>();
builder.Services.AddHealthChecks().AddJsonRpcHealth();
builder.Services.AddAuthentication("ApiKey").AddScheme<AuthenticationSchemeOptions, ApiKeyAuthentication>("ApiKey", null);
builder.Services.AddAuthorizationBuilder().AddPolicy("keeper", policy => policy.RequireRole("keeper"));
builder.Services.AddOpenTelemetry().WithTracing(traces => traces
    .AddSource(JsonRpcLite.JsonRpcTelemetry.Name)
    .AddAspNetCoreInstrumentation()
    .AddConsoleExporter());

// JSON-RPC: a contract, and the class that serves it.
builder.Services.AddJsonRpc().AddService<IStock, StockService>();

var app = builder.Build();
app.MapHealthChecks("/health");
app.MapJsonRpc("/rpc");
app.Run();
