using System.Globalization;
using System.Net;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

public class JsonRpcServerOptionsTests
{
    public static TheoryData<string, Action<JsonRpcServerOptions>> OutOfRange => new()
    {
        { nameof(JsonRpcServerLimits.MaxRequestBodySize), o => o.Limits.MaxRequestBodySize = -1 },
        { nameof(JsonRpcServerLimits.MaxResponseBodySize), o => o.Limits.MaxResponseBodySize = 1023 },
        { nameof(JsonRpcServerLimits.MaxRequestTargetSize), o => o.Limits.MaxRequestTargetSize = 0 },
        { nameof(JsonRpcServerLimits.MaxRequestHeadSize), o => o.Limits.MaxRequestHeadSize = 0 },
        { nameof(JsonRpcServerLimits.MaxRequestHeaderCount), o => o.Limits.MaxRequestHeaderCount = 0 },
        { nameof(JsonRpcServerLimits.MaxConcurrentExchanges), o => o.Limits.MaxConcurrentExchanges = 0 },
        { nameof(JsonRpcServerLimits.MaxConcurrentCalls), o => o.Limits.MaxConcurrentCalls = 0 },
        { nameof(JsonRpcServerLimits.MaxRequestBodyMemory), o => o.Limits.MaxRequestBodyMemory = (64 << 10) - 1 },
        { nameof(JsonRpcServerLimits.MaxRequestBodyMemoryPerAddress), o => o.Limits.MaxRequestBodyMemoryPerAddress = (64 << 10) - 1 },
        { nameof(JsonRpcServerLimits.HandlerTimeout), o => o.Limits.HandlerTimeout = TimeSpan.Zero },
        { nameof(JsonRpcServerLimits.HandlerTimeout), o => o.Limits.HandlerTimeout = TimeSpan.MaxValue },
        { nameof(JsonRpcServerLimits.MinRequestRate), o => o.Limits.MinRequestRate = 0 },
        { nameof(JsonRpcServerLimits.RequestGracePeriod), o => o.Limits.RequestGracePeriod = TimeSpan.Zero },
        { nameof(JsonRpcServerLimits.RequestGracePeriod), o => o.Limits.RequestGracePeriod = TimeSpan.MaxValue },
        { nameof(JsonRpcServerLimits.MinResponseRate), o => o.Limits.MinResponseRate = 0 },
        { nameof(JsonRpcServerLimits.ResponseGracePeriod), o => o.Limits.ResponseGracePeriod = TimeSpan.Zero },
        { nameof(JsonRpcServerLimits.ResponseGracePeriod), o => o.Limits.ResponseGracePeriod = TimeSpan.MaxValue },
        { nameof(JsonRpcProtocolOptions.MaxBatchCalls), o => o.Protocol.MaxBatchCalls = 0 },
        { nameof(JsonRpcProtocolOptions.MaxBatchParallelism), o => o.Protocol.MaxBatchParallelism = 0 },
        { nameof(JsonRpcProtocolOptions.NotificationStatusCode), o => o.Protocol.NotificationStatusCode = 201 },
        { nameof(JsonRpcServerOptions.DrainTimeout), o => o.DrainTimeout = TimeSpan.FromSeconds(-1) },
        { nameof(JsonRpcServerOptions.DrainTimeout), o => o.DrainTimeout = TimeSpan.MaxValue },
        { nameof(JsonRpcServerOptions.DrainDelay), o => o.DrainDelay = TimeSpan.FromSeconds(-1) },
        { nameof(JsonRpcServerOptions.DrainDelay), o => o.DrainDelay = TimeSpan.MaxValue },
    };

    [Theory]
    [MemberData(nameof(OutOfRange))]
    public void A_value_out_of_range_is_refused_by_its_name_where_it_is_set(string property, Action<JsonRpcServerOptions> spoil)
    {
        var options = new JsonRpcServerOptions();

        options.Invoking(spoil).Should().Throw<ArgumentOutOfRangeException>().WithParameterName(property);
    }

    [Fact]
    public void A_quarter_of_the_body_memory_is_for_one_address_unless_a_limit_says_more()
    {
        var options = new JsonRpcServerOptions { Limits = { MaxRequestBodyMemory = 1 << 20 } };

        options.Limits.MaxRequestBodyMemoryPerAddress.Should().Be(1 << 18);
        options.Limits.MaxRequestBodyMemoryPerAddress = 1 << 19;
        options.Limits.MaxRequestBodyMemoryPerAddress.Should().Be(1 << 19);
    }

    [Fact]
    public void A_network_of_all_addresses_is_not_a_trusted_proxy()
    {
        foreach (var network in new[] { "0.0.0.0/0", "::/0", "::ffff:0.0.0.0/96" })
        {
            FluentActions.Invoking(() => new JsonRpcServerOptions { TrustedProxies = [IPNetwork.Parse(network)] })
                .Should().Throw<ArgumentException>().WithParameterName("TrustedProxies").WithMessage("TrustedProxies must name only proxies*");
        }
        FluentActions.Invoking(() => new JsonRpcServerOptions { ForwardedForHeader = "X Forwarded" }).Should().Throw<ArgumentException>().WithParameterName("ForwardedForHeader");
    }

    [Theory]
    [InlineData("http://localhost", null, null)]
    [InlineData("localhost:80", null, null)]
    [InlineData("", null, null)]
    [InlineData(null, "app.example:8080", null)]
    [InlineData(null, "http://app.example", null)]
    [InlineData(null, null, "app.example")]
    [InlineData(null, null, "https://app.example/page")]
    [InlineData(null, null, "*")]
    [InlineData(null, null, "https://user@app.example")]
    [InlineData(null, null, "https://app.example#part")]
    [InlineData(null, null, "https://*.app.example")]
    [InlineData(null, null, "https://xn--bücher.example")]
    [InlineData(null, "xn--bücher.example", null)]
    [InlineData("xn--bücher.example", null, null)]
    public void A_malformed_name_is_refused_where_it_is_set(string? hostName, string? allowedHost, string? allowedOrigin)
    {
        var options = new JsonRpcServerOptions();

        if (hostName is not null)
            options.Invoking(o => o.HostName = hostName).Should().Throw<ArgumentException>().WithParameterName("HostName").WithMessage($"*{hostName}*");
        if (allowedHost is not null)
            options.Invoking(o => o.AllowedHosts = ["good.example", allowedHost]).Should().Throw<ArgumentException>().WithParameterName("AllowedHosts")
                .WithMessage($"*'{allowedHost}'*");
        if (allowedOrigin is not null)
            options.Invoking(o => o.AllowedOrigins = ["http://good.example", allowedOrigin]).Should().Throw<ArgumentException>().WithParameterName("AllowedOrigins")
                .WithMessage($"*'{allowedOrigin}'*");
        (options.HostName, options.AllowedHosts.Count, options.AllowedOrigins.Count).Should().Be(("localhost", 0, 0));
    }

    [Fact]
    public void Null_is_refused_where_there_must_be_a_value()
    {
        var options = new JsonRpcServerOptions();

        options.Invoking(o => o.HostName = null!).Should().Throw<ArgumentNullException>().WithParameterName("HostName");
        options.Invoking(o => o.AllowedHosts = null!).Should().Throw<ArgumentNullException>().WithParameterName("AllowedHosts");
        options.Invoking(o => o.AllowedHosts = [null!]).Should().Throw<ArgumentException>().WithParameterName("AllowedHosts");
        options.Invoking(o => o.AllowedOrigins = null!).Should().Throw<ArgumentNullException>().WithParameterName("AllowedOrigins");
        options.Invoking(o => o.AllowedOrigins = [null!]).Should().Throw<ArgumentException>().WithParameterName("AllowedOrigins");
        options.Invoking(o => o.TimeProvider = null!).Should().Throw<ArgumentNullException>().WithParameterName("TimeProvider");
    }

    [Fact]
    public void Lists_are_copied_when_they_are_set()
    {
        var hosts = new[] { "a.example" };
        var origins = new[] { "https://a.example" };
        var options = new JsonRpcServerOptions { AllowedHosts = hosts, AllowedOrigins = origins };

        (hosts[0], origins[0]) = ("http://not a host", "no origin");

        options.AllowedHosts.Should().Equal("a.example").And.NotBeAssignableTo<string[]>();
        options.AllowedOrigins.Should().Equal("https://a.example").And.NotBeAssignableTo<string[]>();
    }

    [Theory]
    [InlineData("bücher.example.", "localhost", "http://bücher.example/")]
    [InlineData("localhost", "bücher.example", "http://bücher.example:8080/")]
    [InlineData("localhost", "xn--bcher-kva.example", "http://bücher.example/")]
    [InlineData("localhost", "dot.example.", "http://dot.example/")]
    public async Task A_server_is_recognized_by_its_names_however_they_were_written(string hostName, string allowedHost, string address)
    {
        var memory = new InMemoryTransport();
        using var server = MakeServer(0, x => x, new() { Transport = memory, HostName = hostName, AllowedHosts = [allowedHost] });
        using var client = MakeClient(new Uri(address), new() { Transport = memory.CreateClient() });

        (await client.CommandAsync(1))!.ToJsonString().Should().Be("1");
    }

    [Fact]
    public void The_error_of_a_value_out_of_range_names_the_range()
    {
        TextOf(o => o.Limits.MaxConcurrentCalls = 0).Should().StartWith("MaxConcurrentCalls must be at least 1; it is 0.");
        TextOf(o => o.Limits.MaxRequestBodyMemory = 1000).Should().StartWith("MaxRequestBodyMemory must be at least 65536; it is 1000.");
        TextOf(o => o.Limits.HandlerTimeout = TimeSpan.Zero).Should().StartWith("HandlerTimeout must be above 0 and at most 24 days, or Timeout.InfiniteTimeSpan; it is 00:00:00.");
        TextOf(o => o.Limits.RequestGracePeriod = TimeSpan.Zero).Should().StartWith("RequestGracePeriod must be above 0 and at most 24 days; it is 00:00:00.");
        TextOf(o => o.DrainDelay = TimeSpan.FromDays(25)).Should().StartWith("DrainDelay must be at least 0 and at most 24 days; it is 25.00:00:00.");
        TextOf(o => o.Protocol.NotificationStatusCode = 201).Should().StartWith("NotificationStatusCode must be 200, 202 or 204; it is 201.");

        static string TextOf(Action<JsonRpcServerOptions> spoil) =>
            new JsonRpcServerOptions().Invoking(spoil).Should().Throw<ArgumentOutOfRangeException>().Which.Message;
    }

    [Fact]
    public void A_range_is_written_the_same_in_every_culture()
    {
        var before = CultureInfo.CurrentCulture;
        try
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NegativeSign = "minus ";
            CultureInfo.CurrentCulture = culture;

            new JsonRpcServerOptions().Invoking(o => o.Limits.MaxRequestBodySize = -1).Should().Throw<ArgumentOutOfRangeException>()
                .WithMessage("MaxRequestBodySize must be at least 0; it is -1.*");
        }
        finally
        {
            CultureInfo.CurrentCulture = before;
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("Bearer\r\nX-Other: 1")]
    public void A_challenge_that_asks_for_nothing_or_cannot_be_sent_is_refused_by_its_name(string? challenge)
    {
        var options = new JsonRpcServerOptions();

        options.Invoking(o => o.AuthenticationChallenge = challenge!).Should().Throw<ArgumentException>().WithParameterName(nameof(JsonRpcServerOptions.AuthenticationChallenge));
    }

    [Fact]
    public void The_defaults_are_those_that_the_page_on_limits_lists()
    {
        var options = new JsonRpcServerOptions();

        options.HostName.Should().Be("localhost");
        (options.DrainDelay, options.DrainTimeout.TotalSeconds).Should().Be((TimeSpan.Zero, 10));
        var limits = options.Limits;
        (limits.MaxRequestBodySize, limits.MaxResponseBodySize).Should().Be((16 << 20, 16 << 20));
        (limits.MaxRequestTargetSize, limits.MaxRequestHeadSize, limits.MaxRequestHeaderCount).Should().Be((8 << 10, 32 << 10, 100));
        (limits.MaxConcurrentExchanges, limits.MaxConcurrentCalls, limits.HandlerTimeout.TotalSeconds).Should().Be((1024, 256, 100));
        (limits.RequestGracePeriod.TotalSeconds, limits.MinRequestRate).Should().Be((5, 240));
        (limits.ResponseGracePeriod.TotalSeconds, limits.MinResponseRate).Should().Be((5, 240));
        var protocol = options.Protocol;
        (protocol.MaxBatchCalls, protocol.MaxBatchParallelism, protocol.StrictParams, protocol.NotificationStatusCode).Should().Be((1000, Environment.ProcessorCount, false, 204));
        (options.Discovery.Enabled, options.Discovery.Title, options.Discovery.Version, options.Discovery.Playground).Should().Be((true, null, null, null));
        (options.AllowedHosts.Count, options.AllowedOrigins.Count).Should().Be((0, 0));
        new JsonRpcClientOptions().Timeout.TotalSeconds.Should().Be(30);
        new JsonRpcClientOptions().MaxResponseBodySize.Should().Be(16 << 20);
    }

    [Fact]
    public void The_memory_for_bodies_is_an_eighth_of_the_process_and_holds_at_least_one_body()
    {
        var eighth = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 8;
        eighth.Should().BePositive();

        new JsonRpcServerOptions().Limits.MaxRequestBodyMemory.Should().Be(Math.Max(eighth, 16 << 20));
        new JsonRpcServerOptions { Limits = { MaxRequestBodySize = int.MaxValue } }.Limits.MaxRequestBodyMemory.Should().Be(Math.Max(eighth, int.MaxValue));
        new JsonRpcServerOptions { Limits = { MaxRequestBodyMemory = 1L << 40 } }.Limits.MaxRequestBodyMemory.Should().Be(1L << 40);
    }

    [Fact]
    public void A_limit_on_body_memory_that_is_too_small_for_one_body_is_refused_at_startup()
    {
        const int size = 1 << 20;
        var options = new JsonRpcServerOptions { Limits = { MaxRequestBodyMemory = size, MaxRequestBodySize = size } };
        options.Transport = new InMemoryTransport();
        using (MakeServer(0, x => x, options))
        {
        }

        options.Transport = new InMemoryTransport();
        options.Limits.MaxRequestBodyMemory = size - 1;
        FluentActions.Invoking(() => MakeServer(0, x => x, options)).Should().Throw<ArgumentOutOfRangeException>()
            .WithParameterName(nameof(JsonRpcServerLimits.MaxRequestBodyMemory))
            .WithMessage("MaxRequestBodyMemory must be at least MaxRequestBodySize, 1048576; it is 1048575.*");
    }

    [Fact]
    public void Changing_the_options_after_the_start_changes_nothing()
    {
        var memory = new InMemoryTransport();
        var options = new JsonRpcServerOptions { Transport = memory };
        using var server = MakeServer(0, x => x, options);
        options.Limits.MaxRequestBodySize = 0;
        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });

        client.Command(1)!.ToJsonString().Should().Be("1");
    }

    [Fact]
    public void A_handler_with_a_page_is_refused_since_only_a_server_has_one()
    {
        var options = new JsonRpcHandlerOptions { Discovery = { Playground = true } };

        FluentActions.Invoking(() => MakeHandler(new JsonRpcMethods(), options)).Should().Throw<ArgumentException>().WithParameterName("Playground").WithMessage("*MakeServer*");
        FluentActions.Invoking(() => MakeHandler((int n) => n, options)).Should().Throw<ArgumentException>().WithParameterName("Playground");
        options.Discovery.Playground = false;
        FluentActions.Invoking(() => MakeHandler(new JsonRpcMethods(), options)).Should().NotThrow();
    }

    [Fact]
    public void A_clients_values_out_of_range_are_refused_by_their_names_where_they_are_set()
    {
        var options = new JsonRpcClientOptions();

        options.Invoking(o => o.Timeout = TimeSpan.Zero).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("Timeout");
        options.Invoking(o => o.Timeout = TimeSpan.FromDays(25)).Should().Throw<ArgumentOutOfRangeException>()
            .WithMessage("Timeout must be above 0 and at most 24 days, or Timeout.InfiniteTimeSpan; it is 25.00:00:00.*");
        options.Invoking(o => o.MaxResponseBodySize = 1023).Should().Throw<ArgumentOutOfRangeException>().WithParameterName("MaxResponseBodySize")
            .WithMessage("MaxResponseBodySize must be at least 1024; it is 1023.*");
        using var forever = MakeClient(1, new() { Timeout = Timeout.InfiniteTimeSpan });
    }

    [Theory]
    [InlineData("Content-Length", "1")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("Connection", "close")]
    [InlineData("Keep-Alive", "timeout=1")]
    [InlineData("Upgrade", "h2c")]
    public void A_field_that_frames_a_message_is_refused_when_the_client_is_made(string name, string value)
    {
        var options = new JsonRpcClientOptions { Headers = { ["X-Key"] = "k", [name] = value } };

        FluentActions.Invoking(() => MakeClient(1, options)).Should().Throw<ArgumentException>().WithParameterName("Headers").WithMessage($"*'{name}'*");
    }

    [Fact]
    public void The_users_serializer_options_count_and_the_safety_rules_stay()
    {
        var memory = new InMemoryTransport();
        var options = new System.Text.Json.JsonSerializerOptions
        {
            PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower,
            AllowTrailingCommas = true,
            MaxDepth = 1000,
        };
        using var server = MakeServer(0, (Named named) => named, new() { Transport = memory, SerializerOptions = options });
        using var client = MakeClient(server.Address, new() { Transport = memory.CreateClient() });

        client.Command(new { first_name = "a" })!.ToJsonString().Should().Be("""{"first_name":"a","rest":null}""");
        var twice = () => client.Command<RawJson, object>(new RawJson("""{"first_name":"a","first_name":"b"}"""));
        var comma = () => client.Command<RawJson, object>(new RawJson("""{"first_name":"a",}"""));
        var deep = () => client.Command<RawJson, object>(new RawJson($$"""{"rest":{{new string('[', 64)}}{{new string(']', 64)}}}"""));
        foreach (var call in new[] { twice, comma, deep })
            call.Should().Throw<JsonRpcException>().Which.Code.Should().Be(JsonRpcErrorCodes.ParseError);
    }

    private sealed record Named(string? FirstName, System.Text.Json.JsonElement? Rest = null);

    [System.Text.Json.Serialization.JsonConverter(typeof(RawJsonConverter))]
    private sealed record RawJson(string Text);

    private sealed class RawJsonConverter : System.Text.Json.Serialization.JsonConverter<RawJson>
    {
        public override RawJson Read(ref System.Text.Json.Utf8JsonReader reader, Type typeToConvert, System.Text.Json.JsonSerializerOptions options) =>
            throw new NotSupportedException();

        public override void Write(System.Text.Json.Utf8JsonWriter writer, RawJson value, System.Text.Json.JsonSerializerOptions options) =>
            writer.WriteRawValue(value.Text, skipInputValidation: true);
    }
}
