using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using static JsonRpcLite.JsonRpc;

namespace JsonRpcLite.Tests;

/// <summary>How methods are registered, and how the parameters of a call become those of a function.</summary>
public class JsonRpcMethodsTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public void A_rule_for_caches_on_a_method_that_is_not_safe_is_refused_at_the_start()
    {
        var byAttribute = () => JsonRpc.MakeHandler(new JsonRpcMethods().Add("m", [JsonRpcMethod(MaxAge = 5)] () => 1));
        var byDescription = () => JsonRpc.MakeHandler(new JsonRpcMethods().Add("m", () => 1).Describe("m", new() { AllowSharedCache = true }));

        byAttribute.Should().Throw<InvalidOperationException>().WithMessage("The method 'm' has MaxAge or AllowSharedCache, but only results of safe methods are cached.*");
        byDescription.Should().Throw<InvalidOperationException>().WithMessage("The method 'm' has MaxAge or AllowSharedCache, but only results of safe methods are cached.*");
    }

    [Theory]
    [InlineData("[42,23]", "19")]
    [InlineData("""{"minuend":42,"subtrahend":23}""", "19")]
    [InlineData("""{"subtrahend":23,"minuend":42}""", "19")]
    [InlineData("""{"subtrahend":23,"min\u0075end":42}""", "19")]
    public Task Parameters_are_passed_by_position_and_by_name(string parameters, string result) =>
        ShouldAnswer(m => m.Add("m", (int minuend, int subtrahend) => minuend - subtrahend), parameters, result);

    [Theory]
    [InlineData("[]", "'minuend' is missing.")]
    [InlineData(null, "'minuend' is missing.")]
    [InlineData("[42]", "'subtrahend' is missing.")]
    [InlineData("""{"minuend":42}""", "'subtrahend' is missing.")]
    [InlineData("""{"minuend":42,"Subtrahend":23}""", "there is no parameter 'Subtrahend'.")]
    [InlineData("""{"minuend":42,"subtrahend":23,"more":1}""", "there is no parameter 'more'.")]
    [InlineData("[42,23,1]", "there are more than the 2 that the method takes.")]
    [InlineData("""["42",23]""", "the value of 'minuend' does not fit: it must be a whole number from -2147483648 to 2147483647.")]
    [InlineData("[42,2.5]", "the value of 'subtrahend' does not fit: it must be a whole number from -2147483648 to 2147483647.")]
    [InlineData("[42,null]", "the value of 'subtrahend' does not fit: it must be a whole number from -2147483648 to 2147483647.")]
    [InlineData("[42,99999999999]", "the value of 'subtrahend' does not fit: it must be a whole number from -2147483648 to 2147483647.")]
    [InlineData("""{"minuend":{},"subtrahend":23}""", "the value of 'minuend' does not fit: it must be a whole number from -2147483648 to 2147483647.")]
    [InlineData("""{"minuend":1,"minuend":2,"subtrahend":23}""", "an object has the member 'minuend' twice.")]
    public Task The_error_names_the_parameter_that_does_not_fit_and_nothing_internal(string? parameters, string reason) =>
        ShouldRefuse(m => m.Add("m", (int minuend, int subtrahend) => minuend - subtrahend), parameters, $"Invalid params: {reason}");

    [Theory]
    [InlineData("""["a"]""", "\"a 2 none\"")]
    [InlineData("""["a",3]""", "\"a 3 none\"")]
    [InlineData("""["a",3,null]""", "\"a 3 none\"")]
    [InlineData("""{"c":"x","a":"a"}""", "\"a 2 x\"")]
    public Task Optional_parameters_may_be_missing_and_have_their_defaults(string parameters, string result) =>
        ShouldAnswer(m => m.Add("m", (string a, int b = 2, string? c = null) => $"{a} {b} {c ?? "none"}"), parameters, result);

    [Fact]
    public async Task Defaults_are_used_on_the_fast_path_too()
    {
        static string Described(int n = 3, DateTime when = default, string? text = "x") => $"{n} {when.Ticks} {text}";

        await ShouldAnswer(m => m.Add("m", new Func<int, DateTime, string?, string>(Described)), null, "\"3 0 x\"");
        await ShouldAnswer(m => m.Add("m", new Func<int, DateTime, string?, string>(Described)), """{"text":null}""", "\"3 0 \"");
    }

    [Fact]
    public async Task A_nullable_parameter_takes_null_and_must_be_there()
    {
        static void Register(JsonRpcMethods methods) =>
            methods.Add("m", (string? a, int? b) => $"{a ?? "null"} {b?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "null"}");

        await ShouldAnswer(Register, "[null,null]", "\"null null\"");
        await ShouldAnswer(Register, """{"b":1,"a":"x"}""", "\"x 1\"");
        await ShouldRefuse(Register, "[null]", "Invalid params: 'b' is missing.");
    }

    [Theory]
    [InlineData("null")]
    [InlineData("1.0")]
    [InlineData("""{"a":[]}""")]
    public Task A_JsonElement_takes_any_JSON(string json) => ShouldAnswer(m => m.Add("m", (JsonElement value) => value), $"[{json}]", json);

    [Fact]
    public async Task A_parameter_has_the_name_that_its_attribute_gives()
    {
        static void Register(JsonRpcMethods methods) => methods.Add("m", ([JsonRpcName("class")] string kind, [JsonRpcName("größe 😀")] int size = 2) => $"{kind} {size}");

        await ShouldAnswer(Register, """{"größe 😀":1,"class":"a"}""", "\"a 1\"");
        await ShouldAnswer(Register, """["b"]""", "\"b 2\"");
        await ShouldRefuse(Register, """{"kind":"a"}""", "Invalid params: there is no parameter 'kind'.");
        await ShouldRefuse(Register, "{}", "Invalid params: 'class' is missing.");
        await ShouldRefuse(Register, "[1]", "Invalid params: the value of 'class' does not fit: it must be a string.");
        // More parameters than the compiled shapes take, and a method instead of a lambda.
        await ShouldAnswer(m => m.Add("m", Renamed), """{"i":9,"x":0,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8}""", "44");
    }

    [Fact]
    public void Two_parameters_cannot_share_a_name_that_an_attribute_gives()
    {
        var methods = new JsonRpcMethods();

        methods.Invoking(m => m.Add("m", ([JsonRpcName("b")] int a, int b) => a + b)).Should().Throw<ArgumentException>().WithParameterName("function")
            .WithMessage("Two parameters of the method 'm'*'b'*");
        methods.Invoking(m => m.Add("m", ([JsonRpcName("x")] int a, [JsonRpcName("x")] int b) => a + b)).Should().Throw<ArgumentException>();
        methods.Invoking(m => m.Add("m", ([JsonRpcName("b")] int a, [JsonRpcName("a")] int b) => a - b)).Should().NotThrow();
        // Neither of these is passed by callers.
        methods.Invoking(m => m.Add("n", ([JsonRpcName("call")] int a, JsonRpcCall call, [JsonRpcName("a")] CancellationToken token) => a)).Should().NotThrow();
        methods.Invoking(m => m.Add("o", (int _, int _) => 1)).Should().NotThrow();
    }

    [Fact]
    public void The_attributes_of_a_method_say_its_name_and_its_idempotency()
    {
        var method = typeof(JsonRpcMethodsTests).GetMethod(nameof(Read), System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static)!;

        ((JsonRpcNameAttribute)Attribute.GetCustomAttribute(method, typeof(JsonRpcNameAttribute))!).Name.Should().Be("store.read");
        ((JsonRpcMethodAttribute)Attribute.GetCustomAttribute(method, typeof(JsonRpcMethodAttribute))!).Idempotency.Should().Be(JsonRpcIdempotency.Safe);
        new JsonRpcMethodAttribute().Idempotency.Should().Be(JsonRpcIdempotency.None);
        FluentActions.Invoking(() => new JsonRpcNameAttribute(null!)).Should().Throw<ArgumentNullException>().WithParameterName("name");
    }

    [Fact]
    public async Task A_number_that_is_too_large_for_its_type_does_not_fit()
    {
        const string Fault = "Invalid params: the value of 'x' does not fit: it must be a number from ";
        await ShouldRefuse(m => m.Add("m", (double x) => x), "[1e400]", Fault + "-1.7976931348623157E+308 to 1.7976931348623157E+308.");
        await ShouldRefuse(m => m.Add("m", (float x, CancellationToken _) => x), "[1e300]", Fault + "-3.4028235E+38 to 3.4028235E+38.");
        await ShouldRefuse(m => m.Add("m", (double? x) => x), "[-1e400]", Fault + "-1.7976931348623157E+308 to 1.7976931348623157E+308, or null.");
        await ShouldRefuse(m => m.Add("m", (float? x) => x), "[1e300]", Fault + "-3.4028235E+38 to 3.4028235E+38, or null.");
        await ShouldRefuse(m => m.Add("m", (Half x) => x), "[1e9]", Fault + "-65500 to 65500.");
        await ShouldAnswer(m => m.Add("m", (double? x, float? y) => x), "[1e300,null]", "1E+300");
    }

    /// <summary>Converters, constructors and types with derived types throw different exceptions for a value; a caller gets the same error for all of them.</summary>
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"sides":3}""")]
    [InlineData("""{"$type":"circle"}""")]
    [InlineData("1")]
    public async Task A_value_that_matches_no_derived_type_does_not_fit(string shape)
    {
        await ShouldRefuse(m => m.Add("m", (Shape shape) => 1), $"[{shape}]",
            $"Invalid params: the value of 'shape' does not fit{(shape == "1" ? ": it must be an object" : "")}.");
        await ShouldRefuse(m => m.AddHandler("m", (Shape[] shapes) => 1), $"[{shape}]", "Invalid params: ");
        await ShouldRefuse(m => m.AddHandler("m", (Shape shape) => 1), shape.Length == 1 ? "[1]" : shape, "Invalid params: ");
    }

    [Fact]
    public async Task A_value_that_a_constructor_or_a_converter_refuses_does_not_fit()
    {
        await ShouldRefuse(m => m.Add("m", (Percent value) => 1), """[{"value":101}]""", "Invalid params: the value of 'value' does not fit.");
        await ShouldRefuse(m => m.AddHandler("m", (Percent value) => 1), """{"value":101}""", "Invalid params: a value in it does not fit.");
        await ShouldRefuse(m => m.Add("m", (Version version, Code code) => 1), """["1.0","x"]""", "Invalid params: the value of 'code' does not fit.");
        await ShouldRefuse(m => m.Add("m", (JsonValue value) => 1), "[{}]", "Invalid params: the value of 'value' does not fit: it must be a string, a number, true or false.");

        var plain = new HttpExchange { RequestBody = """{"value":101}"""u8.ToArray() };
        await MakeHandler((Percent value) => 1, new() { IsGuarded = true })(plain, default);
        plain.StatusCode.Should().Be(400);
    }

    /// <summary>A caller cannot correct these, and the hook must report them.</summary>
    [Fact]
    public async Task A_fault_of_the_program_in_reading_a_value_is_not_an_error_of_the_caller()
    {
        await ShouldFail(m => m.Add("m", (HolderOfAnything x) => 1), """[{"inner":{}}]""");
        await ShouldFail(m => m.Add("m", (IDisposable[] x) => 1), "[[{}]]");
        await ShouldFail(m => m.AddHandler("m", (HolderOfAnything x) => 1), """{"inner":{}}""");
        await ShouldFail(m => m.Add("m", (Emptied x) => 1), """[{"value":1}]""");
        await ShouldFail(m => m.AddHandler("m", (Emptied x) => 1), """{"value":1}""");

        static async Task ShouldFail(Action<JsonRpcMethods> register, string parameters)
        {
            var failures = new List<JsonRpcFailure>();
            (await RunAsync(register, parameters, failures: failures)).Should().Contain("-32603");
            failures.Should().HaveCount(1);
        }
    }

    [Fact]
    public async Task A_parameter_that_need_not_be_sent_need_not_be_readable()
    {
        await ShouldAnswer(m => m.Add("m", (string text, IFormatProvider? provider = null) => text), """["x"]""", "\"x\"");
        await ShouldAnswer(m => m.Add("m", (Func<string, IFormatProvider?, int>)int.Parse), """["5",null]""", "5");
    }

    [Fact]
    public void A_parameter_that_could_never_be_read_is_refused_before_the_first_call()
    {
        Refused(new JsonRpcMethods().Add("m", (IDisposable x) => 1));
        Refused(new JsonRpcMethods().Add("m", (Stream x, CancellationToken _) => 1));
        Refused(new JsonRpcMethods().AddHandler<TwoConstructors, int>("m", _ => 1));
        FluentActions.Invoking(() => MakeHandler((IDisposable x) => 1)).Should().Throw<NotSupportedException>().WithMessage("*cannot be read*");
        MakeHandler(new JsonRpcMethods().Add("m", (Shape a, IReadOnlyList<int> b, IDictionary<string, Percent> c, Order d, (int, int)[]? e) => 1),
            new() { SerializerOptions = new() { IncludeFields = true } });

        static void Refused(JsonRpcMethods methods) => FluentActions.Invoking(() => MakeHandler(methods)).Should().Throw<NotSupportedException>().WithMessage("*cannot be read*");
    }

    [Fact]
    public Task A_delegate_narrower_than_its_method_takes_its_own_types()
    {
        static string Show(object value) => $"{value.GetType().Name} {value}";

        return ShouldAnswer(m => m.Add("m", new Func<string, string>(Show)), """["x"]""", "\"String x\"");
    }

    [Fact]
    public Task Null_for_what_is_not_nullable_is_refused() =>
        ShouldRefuse(m => m.Add("m", (string a) => a), "[null]", "Invalid params: the value of 'a' does not fit: it must be a string.");

    [Fact]
    public async Task Defaults_of_every_kind_arrive()
    {
        await ShouldAnswer(m => m.Add("m",
            (DayOfWeek day = DayOfWeek.Friday, decimal price = 1.5m, DateTime when = default, Guid? id = null, char c = 'x', DayOfWeek? other = DayOfWeek.Monday, int? n = 4) =>
            FormattableString.Invariant($"{day} {price} {when.Ticks} {id is null} {c} {other} {n}")), null, "\"Friday 1.5 0 True x Monday 4\"");
    }

    [Theory]
    [InlineData("[1]")]
    [InlineData("""{"number":1}""")]
    public async Task A_token_and_the_call_are_filled_in_and_are_not_part_of_the_parameters(string parameters)
    {
        JsonRpcCall? seen = null;
        await ShouldAnswer(m => m.Add("m", (CancellationToken token, int number, JsonRpcCall call) =>
        {
            seen = call;
            return token.CanBeCanceled && call.Method == "m" && !call.IsNotification ? Encoding.UTF8.GetString(call.Parameters.Span) : "";
        }), parameters, JsonSerializer.Serialize(parameters, JsonSerializerOptions.Web).Replace("\\u0022", "\\\"", StringComparison.Ordinal));
        seen!.Exchange.Method.Should().Be("POST");
        await ShouldRefuse(m => m.Add("m", (CancellationToken token, int number) => number), """{"token":1,"number":1}""", "Invalid params: there is no parameter 'token'.");
    }

    [Fact]
    public async Task Every_kind_of_return_is_awaited_and_written()
    {
        var done = false;
        await ShouldAnswer(m => m.Add("m", () => { }), null, "null");
        await ShouldAnswer(m => m.Add("m", () => 1), null, "1");
        await ShouldAnswer(m => m.Add("m", async () =>
        {
            await Task.Yield();
            done = true;
        }), null, "null");
        done.Should().BeTrue();
        await ShouldAnswer(m => m.Add("m", async () =>
        {
            await Task.Yield();
            return new { Name = "x", When = 1.50m };
        }), null, """{"name":"x","when":1.50}""");
        await ShouldAnswer(m => m.Add("m", () => ValueTask.CompletedTask), null, "null");
        await ShouldAnswer(m => m.Add("m", () => new ValueTask<int>(7)), null, "7");
        await ShouldAnswer(m => m.Add("m", async ValueTask<int> () =>
        {
            await Task.Yield();
            return 8;
        }), null, "8");
        await ShouldAnswer(m => m.Add("m", () => Task.FromResult<string?>(null)), null, "null");
        await ShouldAnswer(m => m.Add("m", Task () => Task.CompletedTask), null, "null");
    }

    [Fact]
    public async Task A_method_of_an_object_an_extension_and_a_local_function_can_be_registered()
    {
        var shop = new Shop(3);
        await ShouldAnswer(m => m.Add("m", shop.Times), "[4]", "12");
        await ShouldAnswer(m => m.Add("m", shop.TimesExtension), "[5]", "15");
        await ShouldAnswer(m => m.Add("m", Shop.Half), "[5]", "2.5");
        await ShouldAnswer(m => m.Add("m", Local), """{"text":"x"}""", "\"x!\"");

        static string Local(string text) => text + "!";
    }

    [Fact]
    public async Task A_method_may_have_many_parameters() =>
        await ShouldAnswer(
            m => m.Add("m", (int a, int b, int c, int d, int e, int f, int g, int h, int i, int j) => a + b + c + d + e + f + g + h + i + j), "[1,2,3,4,5,6,7,8,9,10]", "55");

    [Theory]
    [InlineData("""{"item":"tea","count":2}""", """{"item":"tea","total":5.0}""")]
    [InlineData("""{"count":2,"item":"tea","ignored":[]}""", """{"item":"tea","total":5.0}""")]
    public async Task A_handler_takes_the_parameters_whole(string parameters, string result)
    {
        await ShouldAnswer(m => m.AddHandler<Order, Receipt>("m", order => new Receipt(order.Item, order.Count * 2.5m)), parameters, result);
        await ShouldAnswer(m => m.AddHandler<Order, Receipt>("m", async order => await Shop.PlaceAsync(order, default)), parameters, result);
        await ShouldAnswer(m => m.AddHandler<Order, Receipt>("m", async (order, token) => await Shop.PlaceAsync(order, token)), parameters, result);
        await ShouldAnswer(m => m.AddHandler<Order, Receipt>("m", Shop.PlaceAsync), parameters, result);
    }

    [Fact]
    public async Task A_handler_in_every_shape_that_people_write_is_bound_to_the_right_overload()
    {
        var seen = new List<string>();
        const string Parameters = """{"item":"tea","count":2}""";
        await ShouldAnswer(m => m.AddHandler("m", (Order order) => order.Count), Parameters, "2");
        await ShouldAnswer(m => m.AddHandler("m", (Order order) => seen.Add(order.Item)), Parameters, "null");
        await ShouldAnswer(m => m.AddHandler("m", (Order order) => { seen.Add(order.Item); }), Parameters, "null");
        await ShouldAnswer(m => m.AddHandler("m", (int[] numbers) => numbers.Sum()), "[1,2]", "3");
        await ShouldAnswer(m => m.AddHandler("m", async (Order order) => await Shop.PlaceAsync(order, default)), Parameters, """{"item":"tea","total":5.0}""");
        await ShouldAnswer(m => m.AddHandler("m", async (Order order) =>
        {
            await Task.Yield();
            return order.Count;
        }), Parameters, "2");
        await ShouldAnswer(m => m.AddHandler("m", async (Order order) =>
        {
            await Task.Yield();
            seen.Add(order.Item);
        }), Parameters, "null");
        await ShouldAnswer(m => m.AddHandler("m", async (Order order, CancellationToken token) => await Task.Delay(1, token)), Parameters, "null");
        await ShouldAnswer(
            m => m.AddHandler("m", async (Order order, CancellationToken token) => await Shop.PlaceAsync(order, token)), Parameters, """{"item":"tea","total":5.0}""");
        await ShouldAnswer(m => m.AddHandler<Order>("m", order => Task.CompletedTask), Parameters, "null");
        await ShouldAnswer(m => m.AddHandler<Order, Receipt>("m", Shop.PlaceAsync), Parameters, """{"item":"tea","total":5.0}""");

        seen.Should().Equal("tea", "tea", "tea");
    }

    [Theory]
    [InlineData("""{"item":"tea"}""", "'count' is missing (names are case-sensitive).")]
    [InlineData("""{"Item":"tea","Count":1}""", "'item', 'count' are missing (names are case-sensitive).")]
    [InlineData("""{"item":null,"count":1}""", "the value at '$.item' does not fit: it must be a string.")]
    [InlineData("""{"item":"tea","count":"2"}""", "the value at '$.count' does not fit: it must be a whole number from -2147483648 to 2147483647.")]
    [InlineData("""["tea",2]""", "the value at '$' does not fit: it must be an object.")]
    public Task A_handlers_parameters_that_do_not_fit_are_refused(string parameters, string reason) =>
        ShouldRefuse(m => m.AddHandler((Order order) => order), parameters, $"Invalid params: {reason}");

    [Fact]
    public Task A_missing_member_is_reported_by_the_rules_of_the_users_own_options() =>
        ShouldRefuse(m => m.AddHandler((Order order) => order), """{"ITEM":"tea"}""", "Invalid params: 'count' is missing.",
            new(JsonSerializerOptions.Web) { RespectRequiredConstructorParameters = true });

    [Fact]
    public async Task A_handler_without_parameters_gets_null_if_it_takes_that()
    {
        await ShouldAnswer(m => m.AddHandler<Order?, bool>("m", (Order? order) => order is null), null, "true");
        await ShouldAnswer(m => m.AddHandler("m", (JsonNode? node) => node is null), null, "true");
        await ShouldRefuse(m => m.AddHandler((Order order) => order), null, "Invalid params: the method requires parameters, and the call has none.");
    }

    [Fact]
    public Task A_duplicate_member_in_a_node_or_an_ignored_member_is_refused() =>
        ShouldRefuse(m => m.AddHandler((Order order) => order), """{"item":"tea","count":2,"x":1,"x":2}""", "Invalid params: an object has the member 'x' twice.");

    [Fact]
    public async Task Names_that_differ_in_case_are_one_member_if_the_options_ignore_case()
    {
        const string parameters = """{"item":"tea","Item":"coffee","count":2}""";

        await ShouldRefuse(m => m.AddHandler((Order order) => order), parameters, "Invalid params: ", JsonSerializerOptions.Web);
        await ShouldRefuse(m => m.Add("m", (Order order) => order), $"[{parameters}]", "Invalid params: ", JsonSerializerOptions.Web);
        await ShouldAnswer(m => m.AddHandler((Order order) => order), parameters, """{"item":"tea","count":2}""");
    }

    [Fact]
    public async Task The_primitive_reads_and_writes_raw_JSON()
    {
        await ShouldAnswer(m => m.Add("m", (call, token) =>
        {
            call.Result.WriteRawValue(call.Parameters.Span);
            return default;
        }), "[ 1.0 , 1e400 ]", "[ 1.0 , 1e400 ]");
        await ShouldAnswer(m => m.Add("m", async (JsonRpcCall call, CancellationToken token) =>
        {
            await Task.Yield();
            call.Result.WriteNumberValue(call.Parameters.Length);
        }), null, "0");
        await ShouldAnswer(m => m.Add("m", (_, _) => default), "[1]", "null");
    }

    [Fact]
    public void A_function_that_could_never_work_is_refused_at_registration()
    {
        var methods = new JsonRpcMethods().Add("taken", () => 1);

        Refused(m => m.Add("taken", () => 2)).WithMessage("*'taken'*");
        Refused(m => m.Add("rpc.mine", () => 2)).WithMessage("*reserved*");
        Refused(m => m.AddHandler<int[], int>("rpc.", n => 1)).WithMessage("*reserved*");
        Refused(m => m.Add("m", (ref int n) => n)).WithMessage("*'n'*ref*");
        Refused(m => m.Add("m", (out int n) => n = 1)).WithMessage("*'n'*");
        Refused(m => m.Add("m", (ReadOnlySpan<char> text) => text.Length)).WithMessage("*'text'*");
        Refused(m => m.Add("m", async void () => await Task.Yield())).WithMessage("*'m' is async void*Task*");
        Refused(m => m.Add("m", (Action)(() => { }) + (Action)LaterAsync + (() => { }))).WithMessage("*async void*Task*");
        Refused(m => m.AddHandler<int[]>("m", FailLaterAsync)).WithMessage("*async void*Task*");
        Refused(m => m.AddHandler("m", (Action<int[]>)(async _ => await Task.Yield()))).WithMessage("*async void*Task*");
        Refused(m => m.Add("half \ud800", () => 1)).WithMessage("*surrogate*");
        Refused(m => m.Add("m", () => Task.FromResult(Task.FromResult(1)))).WithMessage("*task of a task*");
        Refused(m => m.Add("m", () => Task.FromResult(SequenceAsync()))).WithMessage("*task of an IAsyncEnumerable*");
        Refused(m => m.Add("m", (IProgress<int> progress) => SequenceAsync())).WithMessage("*sequence and reports progress*");
        Refused(m => m.Add("m", (IProgress<int> a, IProgress<int> b) => 1)).WithMessage("*2 parameters of the type IProgress*");
        Refused(m => m.AddHandler<int[], IAsyncEnumerable<int>>("m", _ => SequenceAsync())).WithMessage("*AddHandler<Int32[], Int32>*");
        Refused(m => m.AddHandler<int[], IAsyncEnumerable<int>>("m", _ => Task.FromResult(SequenceAsync()))).WithMessage("*IAsyncEnumerable*");
        Refused(m => m.AddHandler<int, int>("m", _ => SequenceAsync())).WithMessage("*single Int32*array*");
        Refused(m => m.Add("m", typeof(Shop).GetMethod(nameof(Shop.Times))!.CreateDelegate<Func<Shop, int, int>>())).WithMessage("*without its instance*");
        Refused(m => m.AddHandler<int, int>("m", n => n)).WithMessage("*single Int32*array*");
        Refused(m => m.AddHandler<string, int>("m", n => 1)).WithMessage("*single String*");
        FluentActions.Invoking(() => methods.Add(null!, () => 1)).Should().Throw<ArgumentNullException>();
        FluentActions.Invoking(() => methods.Add("m", (Delegate)null!)).Should().Throw<ArgumentNullException>();
        methods.Add("RPC.mine", () => 1).Add("rpcmine", () => 1);

        FluentAssertions.Specialized.ExceptionAssertions<ArgumentException> Refused(Action<JsonRpcMethods> register) =>
            methods.Invoking(register).Should().Throw<ArgumentException>();

        static async void LaterAsync() => await Task.Yield();

        static async void FailLaterAsync(int[] numbers)
        {
            await Task.Yield();
            throw new InvalidOperationException();
        }

        static async IAsyncEnumerable<int> SequenceAsync()
        {
            await Task.Yield();
            yield return 1;
        }
    }

    [Fact]
    public async Task A_task_that_is_returned_as_an_object_is_not_a_result()
    {
        await ShouldFail(m => m.Add("m", object () => Task.FromResult(1)), null);
        await ShouldFail(m => m.Add("m", object () => new ValueTask<int>(1)), null);
        await ShouldFail(m => m.Add("m", (object x) => (object)new ValueTask()), "[1]");
        await ShouldFail(m => m.Add("m", () => Task.FromResult<object>(Task.CompletedTask)), null);
        await ShouldFail(m => m.AddHandler<int[], object>("m", _ => Task.FromResult(1)), "[]");
        await ShouldFail(m => m.AddHandler<int[], object>("m", async _ => await Task.FromResult(new ValueTask<int>(1))), "[]");
        await ShouldAnswer(m => m.Add("m", object () => 1), null, "1");

        var plain = new HttpExchange { RequestBody = "1"u8.ToArray() };
        await MakeHandler<int, object>(_ => Task.FromResult(1), new() { OnUnhandledException = _ => { } })(plain, default);
        plain.StatusCode.Should().Be(500);

        static async Task ShouldFail(Action<JsonRpcMethods> register, string? parameters) => (await RunAsync(register, parameters)).Should().Contain("-32603");
    }

    [Fact]
    public void A_registry_that_could_not_be_bound_can_still_be_changed()
    {
        var methods = new JsonRpcMethods().Add("m", () => (1, 2));
        methods.Invoking(m => MakeHandler(m)).Should().Throw<NotSupportedException>();

        methods.Add("other", () => 1);
    }

    [Fact]
    public void A_handler_whose_result_is_a_task_and_a_tuple_are_refused()
    {
        var task = () => MakeHandler(new JsonRpcMethods().AddHandler<int[], ValueTask<int>>("m", n => new ValueTask<int>(1)));
        var tuple = () => MakeHandler(new JsonRpcMethods().Add("m", () => (1, 2)));

        task.Should().Throw<ArgumentException>().WithMessage("*ValueTask*");
        tuple.Should().Throw<NotSupportedException>().WithMessage("*'m'*{}*");
    }

    [Fact]
    public void After_the_first_start_the_registry_is_closed_but_serves_again()
    {
        var methods = new JsonRpcMethods().Add("m", () => 1);
        var (one, two) = (new InMemoryTransport(), new InMemoryTransport());
        using var first = MakeServer(0, methods, new() { Transport = one });
        using var second = MakeServer(0, methods, new() { Transport = two });
        using var client = MakeClient(second.Address, new() { Transport = two.CreateClient() });

        client.Call<int>("m").Should().Be(1);
        methods.Invoking(m => m.Add("late", () => 2)).Should().Throw<InvalidOperationException>().WithMessage("*'late'*");
    }

    private static async Task ShouldAnswer(Action<JsonRpcMethods> register, string? parameters, string result) =>
        (await RunAsync(register, parameters)).Should().Be($$"""{"jsonrpc":"2.0","result":{{result}},"id":1}""");

    private static async Task ShouldRefuse(Action<JsonRpcMethods> register, string? parameters, string? message, JsonSerializerOptions? options = null)
    {
        var error = JsonNode.Parse(await RunAsync(register, parameters, options))!["error"]!;
        error["code"]!.GetValue<int>().Should().Be(JsonRpcErrorCodes.InvalidParams);
        error["message"]!.GetValue<string>().Should().StartWith(message ?? "Invalid params: ").And.NotContain("System.");
    }

    private static async Task<string> RunAsync(Action<JsonRpcMethods> register, string? parameters, JsonSerializerOptions? options = null, List<JsonRpcFailure>? failures = null)
    {
        var methods = new JsonRpcMethods();
        register(methods);
        var exchange = new HttpExchange
        {
            RequestBody = Encoding.UTF8.GetBytes($$"""{"jsonrpc":"2.0","method":"m"{{(parameters is null ? "" : $",\"params\":{parameters}")}},"id":1}"""),
        };
        using var source = new CancellationTokenSource();
        await MakeHandler(methods, new() { OnUnhandledException = f => failures?.Add(f), SerializerOptions = options, IsGuarded = true })(exchange, source.Token)
            .AsTask().WaitAsync(Patience);
        return Encoding.UTF8.GetString(exchange.ResponseBody.WrittenSpan);
    }

    private static int Renamed([JsonRpcName("x")] int a, int b, int c, int d, int e, int f, int g, int h, int i) => a + b + c + d + e + f + g + h + i;

    [JsonRpcName("store.read")]
    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)]
    private static string Read(string key) => key;

    internal sealed record Order(string Item, int Count);

    internal sealed record HolderOfAnything(IDisposable Inner);

    internal sealed record Emptied
    {
        public int Value
        {
            get;
            set => field = Enumerable.Empty<int>().First(e => e == value);
        }
    }

    [JsonDerivedType(typeof(Square), "square")]
    internal abstract record Shape;

    internal sealed record Square(int Side) : Shape;

    internal sealed record Percent
    {
        public Percent(int value) => Value = value is >= 0 and <= 100 ? value : throw new ArgumentOutOfRangeException(nameof(value));

        public int Value { get; }
    }

    internal sealed class TwoConstructors
    {
        public TwoConstructors(int a) => A = a;

        public TwoConstructors(string b) => A = b.Length;

        public int A { get; }
    }

    [JsonConverter(typeof(CodeConverter))]
    internal sealed record Code(string Text);

    internal sealed class CodeConverter : JsonConverter<Code>
    {
        public override Code Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => throw new FormatException("No code.");

        public override void Write(Utf8JsonWriter writer, Code value, JsonSerializerOptions options) => writer.WriteStringValue(value.Text);
    }

    internal sealed record Receipt(string Item, decimal Total);
}

internal sealed class Shop(int factor)
{
    public int Factor => factor;

    public static double Half(int number) => number / 2.0;

    public static async Task<JsonRpcMethodsTests.Receipt> PlaceAsync(JsonRpcMethodsTests.Order order, CancellationToken cancellationToken)
    {
        await Task.Delay(1, cancellationToken);
        return new(order.Item, order.Count * 2.5m);
    }

    public int Times(int number) => number * factor;
}

internal static class ShopExtensions
{
    public static int TimesExtension(this Shop shop, int number) => number * shop.Factor;

    public static JsonRpcMethods AddHandler<TParams, TResult>(this JsonRpcMethods methods, Func<TParams, TResult> handler) => methods.AddHandler("m", handler);
}
