namespace JsonRpcLite.Generators;

/// <summary>Writes the proxy: for each method how its arguments are written, and what it returns.</summary>
internal static class ProxyCode
{
    private const string ValueTask = "global::System.Threading.Tasks.ValueTask";

    public static void Write(CodeText code, Contract contract)
    {
        var values = new Fields("value", "Value");
        var results = new Fields("result", "Result");
        var body = contract.Methods.Select((method, i) => BodyOf(contract, method, i, values, results)).ToList();

        code.Open($"private sealed class JsonRpcProxy : {contract.Name}");
        for (var i = 0; i < contract.Methods.Count; i++)
        {
            var method = contract.Methods[i];
            code.Line($"private static readonly {ContractWriter.Services}.ContractCall Call{i} = new({Literal.Of(method.WireName)}{(method.Idempotency is null ? "" : $", {method.Idempotency}")});");
        }
        code.Line($"private readonly {ContractWriter.Services}.ContractChannel _channel;");
        values.Declare(code);
        results.Declare(code);
        if (contract.Methods.Any(IsWithoutResult))
            code.Line($"private readonly {ContractWriter.Services}.ContractValue<global::System.Text.Json.Nodes.JsonNode?> _nothing;");
        for (var i = 0; i < contract.Bases.Count; i++)
            code.Line($"private readonly {contract.Bases[i].Type} _base{i};");

        code.Line().Open($"public JsonRpcProxy({(contract.Bases.Count > 0 ? $"{ContractWriter.Services}.ContractChannel forBases, " : "")}{ContractWriter.Services}.ContractChannel channel)");
        code.Line("_channel = channel;");
        values.Make(code);
        results.Make(code);
        if (contract.Methods.Any(IsWithoutResult))
            code.Line("_nothing = channel.Nothing();");
        for (var i = 0; i < contract.Bases.Count; i++)
            code.Line($"_base{i} = forBases.Create<{contract.Bases[i].Type}>();");
        code.Close();

        for (var i = 0; i < contract.Methods.Count; i++)
        {
            code.Line().Line($"{HeadOf(contract.Name, contract.Methods[i].Head)} =>");
            code.Line($"    {body[i]};");
        }
        for (var i = 0; i < contract.Bases.Count; i++)
        {
            foreach (var method in contract.Bases[i].Methods)
            {
                code.Line();
                if (method.IsObsolete)
                    code.Line("[global::System.Obsolete]");
                code.Line($"{HeadOf(contract.Bases[i].Type, method)} =>").Line($"    _base{i}.{method.Name}({string.Join(", ", method.Parameters.Select(p => p.Name))});");
            }
        }
        for (var i = 0; i < contract.Methods.Count; i++)
            WriteArguments(code, contract, contract.Methods[i], i, values);
        code.Close();
    }

    private static bool IsWithoutResult(ContractMethod method) => method is { Result: "", IsNotification: false };

    private static string HeadOf(string type, MethodHead head) => $"{head.ReturnType} {type}.{head.Name}({string.Join(", ", head.Parameters.Select(p => $"{p.Type} {p.Name}"))})";

    private static string BodyOf(Contract contract, ContractMethod method, int number, Fields values, Fields results)
    {
        var passed = method.Parameters.Where(p => p.Kind == ParameterKind.Value).ToList();
        foreach (var value in passed)
            values.NameOf(value.Type);
        // The proxy itself is the first of them: it has what writes the others.
        var arguments = passed.Count == 0 ? "this" : $"(this, {string.Join(", ", passed.Select(p => p.Name))})";
        var token = method.Parameters.FirstOrDefault(p => p.Kind == ParameterKind.Token)?.Name ?? "default";
        var common = $"JsonRpcProxy.Call{number}, {arguments}, JsonRpcProxy.Write{number}";
        var result = $"this.{(method.Result.Length > 0 ? results.NameOf(method.Result) : "_nothing")}";
        if (method.Parameters.FirstOrDefault(p => p.Kind == ParameterKind.Progress) is { } progress)
            return Wrap(method.Returns, $"this._channel.CallAsync({common}, {result}, {progress.Name}, this.{results.NameOf(progress.Type)}, {token})");
        if (method.IsNotification)
            return method.Returns == ReturnKind.Nothing ? $"this._channel.Notify({common})" : Wrap(method.Returns, $"this._channel.NotifyAsync({common}, {token})");
        return method.Returns switch
        {
            ReturnKind.Nothing or ReturnKind.Value => $"this._channel.Invoke({common}, {result})",
            ReturnKind.Items => $"this._channel.StreamAsync({common}, {result}, {token})",
            _ => Wrap(method.Returns, $"this._channel.CallAsync({common}, {result}, {token})"),
        };

        string Wrap(ReturnKind returns, string task) =>
            returns == ReturnKind.ValueTask ? $"new {ValueTask}({task})" : returns == ReturnKind.ValueTaskOfValue ? $"new {ValueTask}<{method.Result}>({task})" : task;
    }

    private static void WriteArguments(CodeText code, Contract contract, ContractMethod method, int number, Fields values)
    {
        var passed = method.Parameters.Where(p => p.Kind == ParameterKind.Value).ToList();
        const string writer = "global::System.Text.Json.Utf8JsonWriter writer";
        code.Line();
        if (passed.Count == 0)
        {
            code.Open($"private static void Write{number}({writer}, JsonRpcProxy proxy)").Close();
            return;
        }
        code.Open($"private static void Write{number}({writer}, (JsonRpcProxy, {string.Join(", ", passed.Select(p => p.Type))}) arguments)");
        code.Line(contract.ByPosition ? "writer.WriteStartArray();" : "writer.WriteStartObject();");
        for (var k = 0; k < passed.Count; k++)
        {
            if (!contract.ByPosition)
                code.Line($"writer.WritePropertyName({Literal.Of(passed[k].WireName)}u8);");
            code.Line($"arguments.Item1.{values.NameOf(passed[k].Type)}.Write(writer, arguments.Item{k + 2});");
        }
        code.Line(contract.ByPosition ? "writer.WriteEndArray();" : "writer.WriteEndObject();").Close();
    }

    /// <summary>One field for each type, whatever the number of methods that use it.</summary>
    private sealed class Fields(string prefix, string make)
    {
        private readonly List<string> _types = [];

        public string NameOf(string type)
        {
            var index = _types.IndexOf(type);
            if (index < 0)
            {
                index = _types.Count;
                _types.Add(type);
            }
            return $"_{prefix}{index}";
        }

        public void Declare(CodeText code)
        {
            foreach (var type in _types)
                code.Line($"private readonly {ContractWriter.Services}.ContractValue<{type}> {NameOf(type)};");
        }

        public void Make(CodeText code)
        {
            foreach (var type in _types)
                code.Line($"{NameOf(type)} = channel.{make}<{type}>();");
        }
    }
}
