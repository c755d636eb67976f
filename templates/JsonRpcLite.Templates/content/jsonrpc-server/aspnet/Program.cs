using JsonRpcLite;

var builder = WebApplication.CreateBuilder(args);
builder.Services.AddJsonRpc().AddMethods(methods => methods
    .Add("hello", (string name) => $"Hello, {name}!")
    .Add("subtract", (int minuend, int subtrahend) => minuend - subtrahend));

var app = builder.Build();
app.MapJsonRpc("/");
app.Run();
