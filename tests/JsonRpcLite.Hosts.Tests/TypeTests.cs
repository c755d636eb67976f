using System.Numerics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Hosts.Tests;

public sealed class TypesOnHttpListener() : TypeTests(new HttpListenerHost());

public sealed class TypesInMemory() : TypeTests(new InMemoryHost());

public sealed class TypesOnSockets() : TypeTests(new SocketHost());

public sealed class TypesOnPortableSockets() : TypeTests(new PortableSocketHost());

public sealed class TypesOnAspNetCore() : TypeTests(new AspNetCoreHost());

/// <summary>Values stay the same on the wire, or their type is refused at startup: none is lost silently.</summary>
public abstract class TypeTests : HostTests
{
    private protected TypeTests(Host host)
        : base(host)
    {
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-18446744073709551617")]
    [InlineData("123456789012345678901234567890123456789012345678901234567890")]
    public async Task A_BigInteger_keeps_its_digits(string digits)
    {
        var value = BigInteger.Parse(digits, System.Globalization.CultureInfo.InvariantCulture);
        var methods = new JsonRpcMethods()
            .Add("one", (BigInteger n) => n)
            .Add("later", (BigInteger n) => Task.FromResult(n))
            .AddHandler<Big, Big>("whole", big => big);
        var server = Serve(methods);
        var plain = Start(options => JsonRpc.MakeServer(0, (BigInteger n) => n, options));
        var ownOptions = Serve(methods, o => o.SerializerOptions = new JsonSerializerOptions());
        using var client = server.MakeClient();
        using var plainClient = plain.MakeClient();

        (await client.CallAsync<BigInteger>("one", new { n = value })).Should().Be(value);
        (await client.CallAsync<BigInteger>("later", new[] { value })).Should().Be(value);
        var big = await client.CallAsync<Big, Big>("whole", new Big(value, [value, 1], new() { [value] = value }));
        (big.Number, big.Many[0], big.Named[value]).Should().Be((value, value, value));
        (await plainClient.CommandAsync<BigInteger>(value)).Should().Be(value);
        (await ownOptions.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"one","params":[{{digits}}],"id":1}"""))).Text.Should().Contain($"\"result\":{digits}");
    }

    [Theory]
    [InlineData("1.5")]
    [InlineData("1e3")]
    [InlineData("\"1\"")]
    [InlineData("null")]
    public async Task A_value_that_is_not_a_whole_number_is_not_a_BigInteger(string json)
    {
        var server = Serve(new JsonRpcMethods().Add("one", (BigInteger n) => n));

        (await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"one","params":[{{json}}],"id":1}"""))).Text.Should().Contain("-32602");
        (await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"one","params":[{{new string('9', 10_001)}}],"id":1}"""))).Text.Should().Contain("-32602");
    }

    [Theory]
    [InlineData("\"darkRed\"", true)]
    [InlineData("\"DarkRed\"", true)]
    [InlineData("\"DARKRED\"", true)]
    [InlineData("2", true)]
    [InlineData("7", false)]
    [InlineData("-1", false)]
    [InlineData("4294967298", false)]
    [InlineData("1.5", false)]
    [InlineData("\"blue\"", false)]
    [InlineData("\"2\"", false)]
    [InlineData("true", false)]
    public async Task An_enum_is_text_and_only_defined_values_are_accepted(string json, bool isTaken)
    {
        var methods = new JsonRpcMethods().Add("one", (Color color) => color).Add("maybe", (Color? color = null) => color).AddHandler<Paint, Paint>("whole", paint => paint);
        var server = Serve(methods);
        var plain = Start(options => JsonRpc.MakeServer(0, (Color color) => color, options));

        var replies = new List<string>();
        foreach (var (method, parameters) in new[] { ("one", $"[{json}]"), ("maybe", $$"""{"color":{{json}}}"""), ("whole", $$"""{"color":{{json}},"byColor":{ } }""") })
            replies.Add((await server.ExchangeAsync(RawRequest.Post($$"""{"jsonrpc":"2.0","method":"{{method}}","params":{{parameters}},"id":1}"""))).Text);
        replies.Add((await plain.ExchangeAsync(RawRequest.Post(json))).Text);

        replies.Should().OnlyContain(reply => isTaken ? reply.Contains("\"darkRed\"") && !reply.Contains("error") : reply.Contains("-32602"));
        Failures.Should().BeEmpty();
    }

    [Fact]
    public async Task Enums_of_all_kinds_come_back_as_they_were()
    {
        var methods = new JsonRpcMethods().Add("color", (Color c) => c).Add("rights", (Rights r) => r).Add("huge", (Huge h) => h).AddHandler<Paint, Paint>("whole", paint => paint);
        var server = Serve(methods);
        using var client = server.MakeClient();

        (await client.CallAsync<Color>("color", new[] { Color.Named })).Should().Be(Color.Named);
        (await client.CallAsync("color", new[] { Color.Named }))!.GetValue<string>().Should().Be("a name");
        (await client.CallAsync<Rights>("rights", new[] { Rights.Read | Rights.Write })).Should().Be(Rights.Read | Rights.Write);
        (await client.CallAsync("rights", new[] { 3 }))!.GetValue<string>().Should().Be("read, write");
        (await client.CallAsync("rights", new[] { 0 }))!.GetValue<string>().Should().Be("none");
        await client.Invoking(c => c.CallAsync("rights", new[] { 9 })).Should().ThrowAsync<JsonRpcException>();
        (await client.CallAsync<Huge>("huge", new[] { Huge.Most })).Should().Be(Huge.Most);
        var paint = await client.CallAsync<Paint, Paint>("whole", new Paint(Color.DarkRed, new() { [Color.Green] = 1 }));
        (paint.Color, paint.ByColor[Color.Green]).Should().Be((Color.DarkRed, 1));
    }

    [Fact]
    public async Task The_librarys_defaults_can_be_the_basis_of_custom_options()
    {
        var options = JsonRpcDefaults.CreateSerializerOptions();
        options.Converters.Insert(0, new JsonStringEnumConverter());
        var server = Serve(new JsonRpcMethods().AddHandler<Paint, Paint>("whole", paint => paint).Add("text", (string text) => text), o => o.SerializerOptions = options);

        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"whole","params":{"color":"Green","byColor":{}},"id":1}"""))).Text
            .Should().Contain("""{"color":"Green","byColor":{}}""");
        (await server.ExchangeAsync(RawRequest.Post("""{"jsonrpc":"2.0","method":"whole","params":{"color":"Green"},"id":1}"""))).Text
            .Should().Contain("-32602").And.Contain("byColor");
        JsonRpcDefaults.CreateSerializerOptions().IsReadOnly.Should().BeFalse();
    }

    public static TheoryData<string, Action<JsonRpcMethods>, string> Lost => new()
    {
        { "Vector3", m => m.Add("m", (Vector3 v) => 1), "fields" },
        { "Vector3 as a result", m => m.Add("m", () => Vector3.One), "fields" },
        { "Vector3 later", m => m.Add("m", () => Task.FromResult(Vector3.One)), "fields" },
        { "Vector3 inside", m => m.AddHandler<Holder<Vector3>, int>("m", _ => 1), "Vector3" },
        { "Vector3 in a list", m => m.Add("m", () => new List<Vector3>()), "Vector3" },
        { "Quaternion?", m => m.Add("m", (Quaternion? q) => 1), "Quaternion" },
        { "Matrix3x2", m => m.Add("m", () => default(Matrix3x2)), "Matrix3x2" },
        { "Complex", m => m.Add("m", (Complex c) => c), "cannot be read back" },
        { "Rune", m => m.Add("m", (Rune r) => r), "cannot be read back" },
        { "Index", m => m.Add("m", (Index i) => 1), "cannot be read back" },
        { "Range", m => m.Add("m", () => 1..2), "cannot be read back" },
        { "StringBuilder", m => m.Add("m", () => new StringBuilder()), "cannot be read back" },
        { "IPAddress", m => m.Add("m", () => System.Net.IPAddress.Loopback), "cannot be read back" },
        { "drawn color", m => m.Add("m", () => System.Drawing.Color.Red), "cannot be read back" },
        { "Exception", m => m.Add("m", () => new InvalidOperationException()), "cannot" },
        { "Stream", m => m.Add("m", (Stream s) => 1), "resource" },
        { "a stream as a result", m => m.Add("m", () => new MemoryStream()), "resource" },
        { "fields alone", m => m.Add("m", () => new Fields()), "fields" },
        { "int[,]", m => m.Add("m", (int[,] table) => 1), "int[][]" },
        { "a delegate", m => m.Add("m", () => (Action)(() => { })), "function" },
        { "Type", m => m.Add("m", (Type t) => 1), "cannot be sent" },
        { "nint", m => m.Add("m", () => (nint)1), "cannot be sent" },
        { "keys that are objects", m => m.Add("m", (Dictionary<Big, int> d) => 1), "keys" },
        { "keys that are objects, inside", m => m.Add("m", () => new Holder<Dictionary<Holder<int>, int>>(new())), "keys" },
        { "tasks in a list", m => m.Add("m", () => new List<Task<int>>()), "pending work" },
        { "a constructor that is not called", m => m.Add("m", (Amount a) => 1), "[JsonConstructor]" },
        { "a collection that cannot be made", m => m.Add("m", (System.Collections.BitArray b) => 1), "collection" },
        { "a single value taken whole", m => m.AddHandler<Guid, int>("m", _ => 1), "single value" },
        { "a time taken whole", m => m.AddHandler<TimeSpan?, int>("m", _ => 1), "single value" },
        { "bytes taken whole", m => m.AddHandler<byte[], int>("m", _ => 1), "single value" },
        { "a stream taken whole", m => m.AddHandler<Stream, int>("m", _ => 1), "resource" },
        { "a token that may be missing", m => m.Add("m", (CancellationToken? token) => 1), "CancellationToken" },
        { "a token taken whole", m => m.AddHandler<CancellationToken, int>("m", _ => 1), "cannot" },
        { "an awaitable", m => m.Add("m", () => Task.Yield()), "not a Task" },
        { "an awaitable with a value", m => m.Add("m", () => Task.FromResult(1).ConfigureAwait(false)), "not a Task" },
    };

    [Theory]
    [MemberData(nameof(Lost))]
    public void A_type_that_would_lose_values_is_refused_at_startup(string name, Action<JsonRpcMethods> add, string said)
    {
        foreach (var options in new[] { null, new JsonSerializerOptions(), JsonSerializerOptions.Web })
        {
            var thrown = FluentActions.Invoking(() =>
            {
                var methods = new JsonRpcMethods();
                add(methods);
                Serve(methods, o => o.SerializerOptions = options);
            }).Should().Throw<Exception>(name).Which;
            thrown.Should().Match(e => e is NotSupportedException || e is ArgumentException);
            thrown.Message.Should().Contain(said, name);
        }
    }

    [Fact]
    public async Task A_type_that_keeps_its_values_is_not_refused()
    {
        var methods = new JsonRpcMethods()
            .Add("anonymous", () => new { a = 1 })
            .Add("computed", () => new Computed())
            .Add("empty", () => new Empty())
            .Add("pair", (KeyValuePair<string, int> pair) => pair)
            .Add("tuple", (Tuple<int, string> tuple) => tuple)
            .Add("point", (System.Drawing.Point point) => point)
            .Add("simple", (Guid a, DateOnly b, TimeSpan c, Uri d, Version e, Half f, Int128 g, char h, byte[] i) => $"{a}{b}{c}{d}{e}{f}{g}{h}{i}")
            .Add("collections", (HashSet<int> a, Queue<int> b, IReadOnlyDictionary<Guid, int> c, IEnumerable<string> d, System.Collections.Immutable.ImmutableArray<int> e) => 1)
            .Add("any", (object any) => any)
            .Add("element", (JsonElement element) => element)
            .AddHandler<JsonElement, JsonElement>("whole", element => element)
            .AddHandler<object, object>("object", any => any)
            .AddHandler<Node, Node>("node", node => node);
        var server = Serve(methods);
        using var client = server.MakeClient();

        (await client.CallAsync<Tuple<int, string>>("tuple", new[] { Tuple.Create(1, "b") })).Should().Be(Tuple.Create(1, "b"));
        (await client.CallAsync<System.Drawing.Point>("point", new[] { new System.Drawing.Point(1, 2) })).Should().Be(new System.Drawing.Point(1, 2));
        (await client.CallAsync("computed"))!.ToJsonString().Should().Be("""{"sum":3}""");
    }

    [Fact]
    public void A_type_that_a_client_could_not_read_is_refused_before_the_call()
    {
        var server = Serve(Echo);
        using var client = server.MakeClient();

        client.Invoking(c => c.Command<Amount>(1)).Should().Throw<NotSupportedException>().WithMessage("*[JsonConstructor]*");
        client.Invoking(c => c.Command<Vector3>(1)).Should().Throw<NotSupportedException>();
        client.Invoking(c => c.Command(Vector3.One)).Should().Throw<NotSupportedException>();
        client.Invoking(c => c.Command(new { v = new List<Complex>() })).Should().Throw<NotSupportedException>();
    }

    private sealed record Big(BigInteger Number, List<BigInteger> Many, Dictionary<BigInteger, BigInteger> Named);

    private sealed record Paint(Color Color, Dictionary<Color, int> ByColor);

    private enum Color
    {
        Green,
        DarkRed = 2,
        [JsonStringEnumMemberName("a name")]
        Named = 3,
    }

    [Flags]
    private enum Rights
    {
        None = 0,
        Read = 1,
        Write = 2,
    }

    private enum Huge : ulong
    {
        Most = ulong.MaxValue,
    }

    private sealed record Holder<T>(T Value);

    private sealed record Empty;

    private sealed record Node(int Value, Node? Next);

    private sealed class Computed
    {
        public int Sum => 3;
    }

    private struct Fields
    {
#pragma warning disable CA1051, CS0649 // The type of a user who does not know that fields are not serialized.
        public int X;
#pragma warning restore CA1051, CS0649
    }

    private readonly struct Amount(decimal value)
    {
        public decimal Value { get; } = value;
    }
}
