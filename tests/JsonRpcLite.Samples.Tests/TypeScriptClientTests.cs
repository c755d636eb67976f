using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using JsonRpcLite.Tests;

namespace JsonRpcLite.Samples.Tests;

public sealed class TypeScriptClientOnHttpListener : TypeScriptClientTests
{
    private protected override ServerTransport MakeTransport() => new HttpListenerTransport();
}

public sealed class TypeScriptClientOnSockets : TypeScriptClientTests
{
    private protected override ServerTransport MakeTransport() => new SocketTransport();
}

/// <summary>Clients in TypeScript, compiled and run by node against a live server.</summary>
public abstract class TypeScriptClientTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TypeScriptFolder _folder = new();
    private readonly List<JsonRpcServer> _servers = [];
    private readonly Channel<int> _numbers = Channel.CreateUnbounded<int>();
    private readonly TaskCompletionSource<string> _noted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private protected abstract ServerTransport MakeTransport();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        foreach (var server in _servers)
            await server.DisposeAsync();
        _folder.Dispose();
    }

    [PackageFact("typescript")]
    public async Task Calls_have_typed_results()
    {
        var output = await RunAsync("""
            const difference: number = await client.calc.subtract({ minuend: 5, subtrahend: 2 });
            const byDefault: number = await client.calc.subtract({ minuend: 5 });
            const sum: number = await client.sum([1, 2, 3]);
            const both: string = await client.calc();
            const name: string | null = await client.calc.name();
            const length: number = await client.calc.length({ text: "four" });
            const nothing: null = await client.nothing();
            const proto: number = await client.__proto__.constructor();
            const then: number = await client.then_();
            const lines: string = await client["get-\n\"\u2028"]({ "a b": "*/ üñ 😀 \u2028" });
            const echo: unknown = await client.echo({ value: { a: [1, null] } });
            print(difference, byDefault, sum, both, name, length, nothing, proto, then, lines, echo, await Promise.resolve(client) === client);
            """);

        output.Should().Be("""[3,4,6,"calc","name",4,null,7,8,"*/ üñ 😀 \u2028",{"a":[1,null]},true]""".Replace("\\u2028", "\u2028", StringComparison.Ordinal));
    }

    [PackageFact("typescript")]
    public async Task An_error_has_code_message_and_data_and_other_failures_are_another_class()
    {
        var refusing = Serve(exchange => exchange.Reply(502, "text/html", "<h1>Bad gateway</h1>"));
        var confused = Serve(exchange => exchange.Reply(200, "application/json", """{"jsonrpc":"2.0","result":1,"id":"another"}"""));
        var output = await RunAsync($$"""
            const failed = async (call: () => Promise<unknown>) => {
              try { print(await call()); } catch (error) {
                if (error instanceof JsonRpcError) print("JsonRpcError", error.name, error.code, error.message, error.data ?? "no data");
                else if (error instanceof JsonRpcHttpError) print("JsonRpcHttpError", error.name, error.status, error.message, error.cause instanceof Error);
                else print("other", String(error));
              }
            };
            await failed(() => client.fail({ code: 17, message: "no tea", data: [1] }));
            await failed(() => client.fail({ code: 18, message: "" }));
            await failed(() => client.calc.length({ text: 1 as unknown as string }));
            await failed(() => createClient("{{refusing}}").nothing());
            await failed(() => createClient("{{refusing}}").$notify("nothing"));
            await failed(() => createClient("{{confused}}").nothing());
            await failed(() => createClient("http://127.0.0.1:1/").nothing());
            await failed(() => createClient(address, { headers: () => { throw new RangeError("no token"); } }).nothing());
            """);

        output.Split('\n').Should().Equal(
            """["JsonRpcError","JsonRpcError",17,"no tea",[1]]""",
            """["JsonRpcError","JsonRpcError",18,"","no data"]""",
            output.Split('\n')[2],
            """["JsonRpcHttpError","JsonRpcHttpError",502,"The reply is not JSON-RPC (status 502).",false]""",
            """["JsonRpcHttpError","JsonRpcHttpError",502,"The reply is not JSON-RPC (status 502).",false]""",
            """["JsonRpcHttpError","JsonRpcHttpError",200,"The reply is not a response to the call (status 200).",false]""",
            """["JsonRpcHttpError","JsonRpcHttpError",0,"The server does not answer.",true]""",
            """["other","RangeError: no token"]""");
        output.Split('\n')[2].Should().StartWith("""["JsonRpcError","JsonRpcError",-32602,"Invalid params""");
    }

    [PackageFact("typescript")]
    public async Task A_notification_runs_its_method_and_answers_nothing()
    {
        var output = await RunAsync("""
            const nothing: void = await client.$notify("note", { text: "hello" });
            await client.$notify("calc");
            print(nothing === undefined);
            """);

        output.Should().Be("[true]");
        (await _noted.Task.WaitAsync(Patience)).Should().Be("hello, without an id");
    }

    [PackageFact("typescript")]
    public async Task Headers_and_a_fetch_of_the_callers_own_are_used()
    {
        var output = await RunAsync("""
            let asked = 0;
            const own = createClient(address, {
              headers: async () => ({ "X-Token": `token ${++asked}` }),
              fetch: (url, init) => { print(String(url) === address, init?.method); return fetch(url, init); },
            });
            print(await own.token(), await own.token());
            print(await createClient(address, { headers: { "x-token": "fixed" } }).token());
            """);

        output.Should().Be("[true,\"POST\"]\n[true,\"POST\"]\n[\"token 1\",\"token 2\"]\n[\"fixed\"]");
    }

    [PackageFact("typescript")]
    public async Task Items_come_when_they_are_made_and_the_response_ends_the_loop()
    {
        using var program = await StartAsync("""
            const rows: AsyncIterable<RowsItem> = client.rows();
            for await (const row of rows) {
              const number: number = row.number;
              print(number, row.name);
            }
            print("end");
            """);
        for (var i = 1; i <= 3; i++)
        {
            _numbers.Writer.TryWrite(i);
            // Only then is the next one made.
            program.WaitForLine($"""[{i},"row {i}"]""");
        }
        _numbers.Writer.Complete();

        program.WaitForLine("end");
        (await program.EndAsync()).ExitCode.Should().Be(0);
    }

    [PackageFact("typescript")]
    public async Task Leaving_the_loop_ends_the_function_on_the_server()
    {
        using var program = await StartAsync("""
            for await (const row of client.rows()) {
              print(row.number);
              if (row.number === 2) break;
            }
            print("left");
            """);
        _numbers.Writer.TryWrite(1);
        _numbers.Writer.TryWrite(2);

        program.WaitForLine("left");
        await _ended.Task.WaitAsync(Patience);
        (await program.EndAsync()).ExitCode.Should().Be(0);
    }

    [PackageFact("typescript")]
    public async Task An_error_in_a_stream_is_thrown_after_the_items_and_before_them_at_once()
    {
        foreach (var number in new[] { 1, -1 })
            _numbers.Writer.TryWrite(number);
        var output = await RunAsync("""
            const show = async (rows: AsyncIterable<unknown>) => {
              try { for await (const row of rows) print(row); print("end"); } catch (error) { print(error instanceof JsonRpcError && error.code, String(error)); }
            };
            await show(client.rows());
            await show(client.refused());
            """);

        output.Should().Be("""
            [{"number":1,"name":"row 1"}]
            [17,"JsonRpcError: Sold out"]
            [18,"JsonRpcError: Not today"]
            """.ReplaceLineEndings("\n"));
    }

    [PackageFact("typescript")]
    public async Task A_stream_that_is_cut_off_never_looks_like_the_end()
    {
        const string Item = """data: {"jsonrpc":"2.0","method":"rpc.item","params":{"id":1,"item":{"number":1,"name":"a"}}}""";
        var ending = Serve(async (exchange, token) => await SendAsync(exchange, $"{Item}\n\n", token));
        var breaking = Serve(async (exchange, token) =>
        {
            await SendAsync(exchange, $"{Item}\n\n", token);
            throw new InvalidOperationException("In the middle.");
        });
        // The response is there, but its event has no end: it was cut off in between.
        var halfway = Serve(async (exchange, token) => await SendAsync(exchange, $$"""{{Item}}{{"\n\n"}}data: {"jsonrpc":"2.0","result":null,"id":1}{{"\n"}}""", token));
        var broken = Serve(async (exchange, token) => await SendAsync(exchange, $"{Item}\n\ndata: {{\"jsonrpc\":\n\n", token));
        var output = await RunAsync($$"""
            for (const url of ["{{ending}}", "{{breaking}}", "{{halfway}}", "{{broken}}"]) {
              const rows: unknown[] = [];
              try { for await (const row of createClient(url).rows()) rows.push(row); print("end"); } catch (error) { print(error instanceof JsonRpcHttpError && error.status, rows.length, String(error)); }
            }
            """);

        var lines = output.Split('\n');
        lines.Should().HaveCount(4);
        lines[0].Should().Be("""[200,1,"JsonRpcHttpError: The stream was cut off: it ended without a response."]""");
        // On HttpListener a stream that is cut off may have a proper end.
        lines[1].Should().StartWith("[200,1,\"JsonRpcHttpError: The ").And.Contain("was cut off");
        lines[2].Should().Be(lines[0]);
        lines[3].Should().Be("""[200,1,"JsonRpcHttpError: The reply is not JSON-RPC (status 200)."]""");
    }

    [PackageFact("typescript")]
    public async Task Events_are_read_as_their_standard_says()
    {
        static string Item(int number) => $$$$"""{"jsonrpc":"2.0","method":"rpc.item","params":{"id":1,"item":{"number":{{{{number}}}},"name":"é😀"}}}""";
        var text = $"\uFEFF: comment\r\n\r\ndata:{Item(1)}\r\revent: other\ndata: {Item(98)}\n\n: again\ndata: {Item(2).Replace("\"params\"", "\ndata: \"params\"", StringComparison.Ordinal)}\nid: 5\nretry: 10\nnothing\n\n"
            + $"data: {Item(99).Replace("\"id\":1", "\"id\":7", StringComparison.Ordinal)}\n\ndata: {{\"jsonrpc\":\"2.0\",\"method\":\"rpc.future\",\"params\":[1]}}\n\nevent: message\r\ndata: {Item(3)}\r\n\r\ndata: {{\"jsonrpc\":\"2.0\",\"result\":null,\"id\":1}}\n\n";
        var bytes = Encoding.UTF8.GetBytes(text);
        var server = Serve(async (exchange, token) =>
        {
            exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
            // Byte by byte, so that every character and every line end comes in pieces.
            foreach (var piece in bytes.Chunk(1))
            {
                exchange.ResponseBody.Write(piece);
                await exchange.FlushAsync(token);
            }
        });
        var output = await RunAsync($$"""for await (const row of createClient("{{server}}").rows()) print(row.number, row.name);""");

        output.Should().Be("[1,\"é😀\"]\n[2,\"é😀\"]\n[3,\"é😀\"]");
    }

    [PackageFact("typescript")]
    public async Task A_list_in_an_ordinary_response_is_yielded_item_by_item()
    {
        var server = Serve(exchange => exchange.Reply(200, "application/json", """{"jsonrpc":"2.0","result":[{"number":1,"name":"a"},{"number":2,"name":"b"}],"id":1}"""));
        var output = await RunAsync($$"""for await (const row of createClient("{{server}}").rows()) print(row.number);""");

        output.Should().Be("[1]\n[2]");
    }

    [PackageFact("typescript")]
    public async Task Progress_is_reported_while_the_method_works_and_not_asked_for_without_a_listener()
    {
        using var program = await StartAsync("""
            const result: string | null = await client.import({ to: 1 }, { onProgress: (value: number) => print("progress", value) });
            print(result, await client.import({ to: 0 }));
            """);
        _numbers.Writer.TryWrite(50);

        program.WaitForLine("""["progress",50]""");
        _numbers.Writer.Complete();
        program.WaitForLine("""["imported","imported"]""");
        (await program.EndAsync()).ExitCode.Should().Be(0);
    }

    [PackageFact("typescript")]
    public async Task A_call_is_aborted_by_its_own_signal_or_by_that_of_the_client()
    {
        var output = await RunAsync("""
            for (const stop of ["call", "client", "early"]) {
              const controller = new AbortController(), options = { signal: controller.signal };
              if (stop === "early") controller.abort(new RangeError("early"));
              const call = stop === "client" ? createClient(address, options).never() : client.never(options);
              if (stop !== "early") controller.abort(new RangeError(stop));
              try { await call; print("end"); } catch (error) { print(error instanceof RangeError, String(error)); }
            }
            const controller = new AbortController();
            try { for await (const row of client.rows({ signal: controller.signal })) { print(row.number); controller.abort(); } print("end"); } catch (error) { print(String(error)); }
            """, () => _numbers.Writer.TryWrite(1));

        output.Split('\n').Should().Equal(
            """[true,"RangeError: call"]""", """[true,"RangeError: client"]""", """[true,"RangeError: early"]""", "[1]", """["AbortError: This operation was aborted"]""");
    }

    private JsonRpcMethods Methods => new JsonRpcMethods()
        .Add("calc", string () => "calc")
        .Add("calc.subtract", (int minuend, int subtrahend = 1) => minuend - subtrahend)
        .Add("calc.name", () => "name")
        .Add("calc.length", (string text) => text.Length)
        .Add("__proto__.constructor", () => 7)
        .Add("then", () => 8)
        .Add("get-\n\"\u2028", string ([JsonRpcName("a b")] string text) => text)
        .AddHandler("sum", (decimal[] numbers) => numbers.Sum())
        .Add("echo", (JsonNode? value) => value)
        .Add("nothing", () => { })
        .Add("token", (JsonRpcCall call) => call.Exchange.RequestHeaders["X-Token"] ?? "none")
        .Add("note", (string text, JsonRpcCall call) => { _noted.TrySetResult(call.Id.IsEmpty ? $"{text}, without an id" : text); })
        .Add("fail", object? (int code, string message, JsonNode? data = null) => throw new JsonRpcException(code, message, data))
        .Add("never", (CancellationToken token) => Task.Delay(Timeout.InfiniteTimeSpan, token))
        .Add("rows", RowsAsync)
        .Add("refused", RefusedAsync)
        .Add("import", ImportAsync);

    private async IAsyncEnumerable<Row> RowsAsync([EnumeratorCancellation] CancellationToken token)
    {
        try
        {
            await foreach (var number in _numbers.Reader.ReadAllAsync(token))
                yield return number < 0 ? throw new JsonRpcException(17, "Sold out") : new Row(number, $"row {number}");
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private static async IAsyncEnumerable<int> RefusedAsync()
    {
        await Task.Yield();
        yield return 1 > 0 ? throw new JsonRpcException(18, "Not today") : 1;
    }

    private async Task<string> ImportAsync(int to, IProgress<int> progress, CancellationToken token)
    {
        if (to > 0)
        {
            await foreach (var number in _numbers.Reader.ReadAllAsync(token))
                progress.Report(number);
        }
        return "imported";
    }

    private static async Task SendAsync(HttpExchange exchange, string events, CancellationToken token)
    {
        exchange.ResponseHeaders["Content-Type"] = "text/event-stream";
        exchange.ResponseBody.Write(Encoding.UTF8.GetBytes(events));
        await exchange.FlushAsync(token);
    }

    /// <summary>A server that answers unlike any server of this library.</summary>
    private Uri Serve(Func<HttpExchange, CancellationToken, Task> handle) =>
        Keep(JsonRpc.MakeServer(0, async (HttpExchange exchange, CancellationToken token) => await handle(exchange, token), Options()));

    private Uri Serve(Action<HttpExchange> handle) => Serve((exchange, _) =>
    {
        handle(exchange);
        return Task.CompletedTask;
    });

    private Uri Keep(JsonRpcServer server)
    {
        _servers.Add(server);
        return server.Address;
    }

    /// <summary>HttpListener notices that a client has disconnected when it sends something, such as a heartbeat.</summary>
    private JsonRpcServerOptions Options() => new() { Transport = MakeTransport(), OnUnhandledException = _ => { }, Protocol = { StreamHeartbeat = TimeSpan.FromSeconds(1) } };

    private async Task<string> RunAsync(string program, Action? begun = null)
    {
        using var running = await StartAsync(program);
        begun?.Invoke();
        var end = await running.EndAsync();
        (end.ExitCode, end.Errors).Should().Be((0, ""), end.Output);
        return end.Output;
    }

    private async Task<Command> StartAsync(string program)
    {
        var address = Keep(JsonRpc.MakeServer(0, Methods, Options()));
        using var client = JsonRpc.MakeClient(address);
        _folder.Write("client.ts", await client.CallAsync<string>("rpc.typescript"));
        _folder.Write("program.ts", $$"""
            import { createClient, JsonRpcError, JsonRpcHttpError, type RowsItem } from "./client.js";
            export type Used = [JsonRpcError, JsonRpcHttpError, RowsItem];
            export const address = "{{address}}";
            const client = createClient(address);
            const print = (...values: unknown[]) => console.log(JSON.stringify(values));
            {{program}}
            export { client, print };
            """);
        (await _folder.CompileAsync()).Should().Be("");
        return _folder.Start("program.js");
    }

    private sealed record Row(int Number, string Name);
}
