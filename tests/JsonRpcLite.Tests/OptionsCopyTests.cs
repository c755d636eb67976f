using System.Reflection;
using System.Security.Claims;
using System.Text.Json;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

public sealed class OptionsCopyTests
{
    /// <summary>A value for each property of a kind that has no obvious other value.</summary>
    private static readonly Dictionary<string, object> Values = new(StringComparer.Ordinal)
    {
        ["HostName"] = "127.0.0.1",
        ["SerializerOptions"] = new JsonSerializerOptions { WriteIndented = true },
        ["Authenticate"] = (HttpExchange _, CancellationToken _) => default(ValueTask<ClaimsPrincipal?>),
        ["AllowedHosts"] = new[] { "a.example" },
        ["AllowedOrigins"] = new[] { "https://a.example" },
        ["OnUnhandledException"] = (JsonRpcFailure _) => { },
        ["TrustedProxies"] = new[] { System.Net.IPNetwork.Parse("10.0.0.0/8") },
        ["ForwardedForHeader"] = "Forwarded",
        ["OnWarning"] = (string _) => { },
        ["TrafficLog"] = new StringWriter(),
        ["TimeProvider"] = new ManualClock(),
        ["NotificationStatusCode"] = 202,
        ["KnownMethods"] = new[] { "add" },
        ["Retry"] = new JsonRpcRetryOptions { MaxAttempts = 4 },
    };

    [Fact]
    public void A_copy_of_a_servers_options_has_every_value_but_the_transport()
    {
        var options = new JsonRpcServerOptions { Transport = new InMemoryTransport() };
        ChangeAll(options);

        var copy = new JsonRpcServerOptions(options);

        copy.Transport.Should().BeNull();
        ShouldBeEqual(copy, options);
    }

    [Fact]
    public void A_copy_of_a_clients_options_has_every_value_but_the_transport()
    {
        var options = new JsonRpcClientOptions { Transport = new InMemoryTransport().CreateClient(), Headers = { { "X-Key", "a" }, { "X-Key", "b" } } };
        ChangeAll(options);

        var copy = new JsonRpcClientOptions(options);

        copy.Transport.Should().BeNull();
        ShouldBeEqual(copy, options);
        copy.Headers.Should().Equal(options.Headers);
    }

    [Fact]
    public void Changes_after_copying_do_not_reach_the_copy()
    {
        var serializer = new JsonSerializerOptions();
        var options = new JsonRpcServerOptions { SerializerOptions = serializer };
        var copy = new JsonRpcServerOptions(options);
        var client = new JsonRpcClientOptions { SerializerOptions = serializer, Headers = { ["X-Key"] = "a" } };
        var clientCopy = new JsonRpcClientOptions(client);

        serializer.WriteIndented = true;
        client.Headers["X-Key"] = "b";
        ChangeAll(options.Limits);
        ChangeAll(options.Protocol);
        ChangeAll(options.Discovery);

        ShouldBeEqual(copy, new JsonRpcServerOptions { SerializerOptions = new() });
        clientCopy.SerializerOptions!.WriteIndented.Should().BeFalse();
        clientCopy.Headers["X-Key"].Should().Be("a");
    }

    [Fact]
    public void Two_servers_of_one_set_of_options_do_not_share_a_transport()
    {
        var options = new JsonRpcServerOptions { Transport = new InMemoryTransport() };
        using var server = MakeServer(0, x => x, options);
        using var other = MakeServer(0, x => x, new JsonRpcServerOptions(options) { Transport = new InMemoryTransport() });

        FluentActions.Invoking(() => MakeServer(0, x => x, options)).Should().Throw<InvalidOperationException>().WithMessage("*already serves a server*");
    }

    [Fact]
    public async Task Changes_after_the_start_do_not_reach_a_server()
    {
        var memory = new InMemoryTransport();
        var serializer = new JsonSerializerOptions();
        var options = new JsonRpcServerOptions { Transport = memory, SerializerOptions = serializer, Discovery = { Title = "Shop" } };
        using var server = MakeServer(0, new JsonRpcMethods().Add("echo", (string text) => new { Text = text }), options);
        serializer.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        ChangeAll(options);
        options.Limits.MaxRequestBodySize = 0;
        options.Protocol.MaxBatchCalls = 1;

        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });

        (await client.CallAsync<JsonElement>("echo", new[] { "a" })).GetRawText().Should().Be("""{"Text":"a"}""");
        (await client.CallAsync<JsonElement>("rpc.discover")).GetProperty("info").GetProperty("title").GetString().Should().Be("Shop");
        var batch = client.CreateBatch();
        var calls = new[] { batch.CallAsync<JsonElement>("echo", new[] { "b" }), batch.CallAsync<JsonElement>("echo", new[] { "c" }) };
        await batch.SendAsync();
        calls.Should().OnlyContain(call => call.IsCompletedSuccessfully);
    }

    [Fact]
    public void Changes_after_it_was_made_do_not_reach_a_client()
    {
        string? shown = null;
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, (exchange, _) =>
        {
            shown = exchange.RequestHeaders["X-Key"];
            exchange.Reply(200, "application/json", $"\"{new string('x', 2000)}\"");
            return default;
        }, new() { Transport = memory });
        var options = new JsonRpcClientOptions { Transport = memory.CreateClient(), Headers = { ["X-Key"] = "a" } };
        using var client = MakeClient(server.Address, options);

        options.Headers["X-Key"] = "b";
        options.MaxResponseBodySize = 1024;
        options.Use((_, _, _) => throw new InvalidOperationException("It was added too late."));

        client.Command(1)!.GetValue<string>().Should().HaveLength(2000);
        shown.Should().Be("a");
    }

    /// <summary>Gives every property a value that is not its default; fails if it knows none, so that a new property is not forgotten.</summary>
    private static void ChangeAll(object options)
    {
        foreach (var property in Properties(options))
        {
            var value = property.GetValue(options);
            if (!property.CanWrite || property.SetMethod is { IsPublic: false })
            {
                switch (value)
                {
                    case IList<Func<HttpExchangeHandler, HttpExchangeHandler>> middleware:
                        middleware.Add(_ => throw new InvalidOperationException("It was added too late."));
                        break;
                    case IList<JsonRpcClientMiddleware> middleware:
                        middleware.Add((_, _, _) => throw new InvalidOperationException("It was added too late."));
                        break;
                    case not HeaderFields:
                        ChangeAll(value!);
                        break;
                }
                continue;
            }
            property.SetValue(options, Values.TryGetValue(property.Name, out var other) ? other : value switch
            {
                bool flag => !flag,
                int number => number + 1,
                long number => number + 1,
                TimeSpan time => time + TimeSpan.FromSeconds(1),
                string text => text + "x",
                null when property.PropertyType == typeof(string) => "x",
                null when property.PropertyType == typeof(bool?) => true,
                JsonRpcSafeCalls calls => calls + 1,
                _ => throw new InvalidOperationException($"There is no other value for {property.Name}."),
            });
        }
    }

    private static void ShouldBeEqual(object copy, object options)
    {
        copy.Should().NotBeSameAs(options);
        foreach (var property in Properties(options))
        {
            var (mine, its) = (property.GetValue(copy), property.GetValue(options));
            if (its is JsonRpcServerLimits or JsonRpcProtocolOptions or JsonRpcDiscoveryOptions or JsonRpcRetryOptions)
                ShouldBeEqual(mine!, its);
            else if (its is JsonSerializerOptions serializer)
                ((JsonSerializerOptions)mine!).WriteIndented.Should().Be(serializer.WriteIndented);
            else if (its is IReadOnlyCollection<string> list)
                ((IReadOnlyCollection<string>)mine!).Should().Equal(list);
            else if (its is IReadOnlyCollection<System.Net.IPNetwork> networks)
                ((IReadOnlyCollection<System.Net.IPNetwork>)mine!).Should().Equal(networks);
            else if (property.Name == "Middleware")
            {
                ((IEnumerable<object>)mine!).Should().Equal((IEnumerable<object>)its!);
                mine.Should().NotBeSameAs(its);
            }
            else if (its is not HeaderFields)
                mine.Should().Be(its, property.Name);
        }
    }

    private static IEnumerable<PropertyInfo> Properties(object options) =>
        options.GetType().GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.Name != "Transport");
}
