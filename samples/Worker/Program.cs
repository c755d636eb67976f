using Counting;

var builder = Host.CreateApplicationBuilder(args);

builder.Services.AddSingleton<Counter>();
builder.Services.AddHostedService<CounterReport>();

// The methods of a class, on a server that starts and stops with the host. Its settings are in appsettings.json under "JsonRpc".
builder.Services.AddJsonRpcServer(methods: set => set.AddMethods<CounterMethods>("counter."));

builder.Build().Run();
