using JsonRpcLite;

var builder = WebApplication.CreateBuilder(args);
builder.WebHost.UseUrls("http://127.0.0.1:12345");
builder.Services.AddJsonRpc().AddMethods(methods => methods
    .Add("hello", (string name) => $"Hello, {name}!")
    .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend));

var app = builder.Build();
app.MapJsonRpc("/rpc");
app.Run();
