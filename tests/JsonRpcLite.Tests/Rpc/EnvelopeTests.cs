using System.Text;
using System.Text.Json;

namespace JsonRpcLite.Tests.Rpc;

/// <summary>The fast path of reading a request against the slow one: whatever the fast path accepts, the slow path reads the same.</summary>
public sealed class EnvelopeTests
{
    private static readonly string[] Requests =
    [
        """{"jsonrpc":"2.0","method":"subtract","params":[42,23],"id":1}""",
        """{"jsonrpc":"2.0","id":"a","method":"subtract","params":{"minuend":42,"subtrahend":23}}""",
        """{"jsonrpc":"2.0","method":"note","params":[]}""",
        """{"method":"none","id":0,"jsonrpc":"2.0"}""",
        """{"jsonrpc":"2.0","method":"buy","params":{"item":"tea","":0,"}":"{"},"id":7}""",
        """{"jsonrpc":"2.0","method":"join","params":["a",0,"]","",10],"id":"a"}""",
        """{"jsonrpc":"2.0","method":"é😀","params":[[1,{"a":"\\\"x"}],null,true,1.5e3],"id":12345678901234567890}""",
    ];

    [Fact]
    public void Requests_as_most_clients_write_them_take_the_fast_path()
    {
        foreach (var request in Requests)
            Envelope.TryReadPlain(Encoding.UTF8.GetBytes(request), out _).Should().BeTrue(request);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{"jsonrpc":"2.0"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","id":""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","id":01}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","id":1.0}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","id":-1}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","id":null}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","id":1,"id":2}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","method":"n"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","params":1}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","params":null}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"\u006d"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m"},""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m"} """)]
    [InlineData("""{"jsonrpc":"2.0","method":"m",}""")]
    [InlineData("""{"jsonrpc":"1.0","method":"m"}""")]
    [InlineData("""{"jsonrpc":"2.0","method":"m","extra":1}""")]
    [InlineData("{\"jsonrpc\":\"2.0\",\"method\":\"a\tb\"}")]
    public void All_other_requests_take_the_slow_path(string request) =>
        Envelope.TryReadPlain(Encoding.UTF8.GetBytes(request), out _).Should().BeFalse();

    [Theory]
    [InlineData(63, true)]
    [InlineData(64, false)]
    public void Both_paths_have_the_same_depth_limit(int depth, bool isAllowed)
    {
        var request = Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"m","params":{{new string('[', depth)}}{{new string(']', depth)}},"id":1}""");

        var reading = () => Envelope.TryReadPlain(request, out _);

        if (isAllowed)
            reading().Should().BeTrue();
        else
            reading.Should().Throw<JsonException>();
        (ReadLong(request) is not null).Should().Be(isAllowed);
    }

    [Theory]
    [InlineData(1022, true)]
    [InlineData(1023, false)]
    public void Both_paths_have_the_same_limit_for_ids(int length, bool isAllowed)
    {
        var request = Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"m","id":"{{new string('x', length)}}"}""");

        (Envelope.TryReadPlain(request, out _), ReadLong(request)!.Value.IsValid).Should().Be((isAllowed, isAllowed));
    }

    /// <summary>A seed reproduces a failure.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Whatever_the_fast_path_accepts_the_slow_path_reads_the_same(int seed)
    {
        var random = new Random(seed);
        var accepted = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var request = Mutate(random);
            bool isPlain;
            Envelope envelope;
            try
            {
                isPlain = Envelope.TryReadPlain(request, out envelope);
            }
            catch (JsonException)
            {
                ReadLong(request).Should().BeNull("seed {0}: {1} is not JSON", seed, Encoding.UTF8.GetString(request));
                continue;
            }
            if (!isPlain)
                continue;
            accepted++;
            ReadLong(request).Should().Be(envelope, "seed {0}: {1}", seed, Encoding.UTF8.GetString(request));
        }
        accepted.Should().BeGreaterThan(1000);
    }

    /// <summary><c>null</c> if it is not JSON.</summary>
    private static Envelope? ReadLong(byte[] request)
    {
        try
        {
            var reader = new Utf8JsonReader(request, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
            reader.Read();
            var envelope = Envelope.Read(ref reader, isNullParamsRefused: false);
            reader.Read();
            return envelope;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] Mutate(Random random)
    {
        const string pieces = "{}[],:\"\\ 0123456789-.eEnulltrue\t\0x";
        var text = Requests[random.Next(Requests.Length)].ToList();
        for (var change = random.Next(0, 3); change > 0; change--)
        {
            var at = random.Next(text.Count);
            switch (random.Next(4))
            {
                case 0:
                    text[at] = pieces[random.Next(pieces.Length)];
                    break;
                case 1:
                    text.RemoveAt(at);
                    break;
                case 2:
                    text.Insert(at, pieces[random.Next(pieces.Length)]);
                    break;
                default:
                    text.InsertRange(at, text.GetRange(at, Math.Min(random.Next(1, 20), text.Count - at)));
                    break;
            }
        }
        return Encoding.UTF8.GetBytes(new string([.. text]));
    }
}
