namespace JsonRpcLite.Generators;

/// <summary>Writes what a server calls: for each method how its arguments are read, how it is called, and how its result is written.</summary>
internal static class ServerCode
{
    private const string Call = "global::JsonRpcLite.JsonRpcCall";

    public static void Write(CodeText code, Contract contract)
    {
        code.Open("private static class JsonRpcServerCode");
        for (var i = 0; i < contract.Methods.Count; i++)
        {
            if (i > 0)
                code.Line();
            var method = contract.Methods[i];
            WriteBind(code, contract.Name, method, i);
            if (HasWords(method))
                WriteWords(code.Line(), method, i);
            if (method.Attributes.Count > 0)
                WriteAttributes(code.Line(), $"Attributes{i}", method.Attributes);
            var values = ValuesOf(method);
            for (var k = 0; k < values.Count; k++)
            {
                if (values[k].Attributes.Count > 0)
                    WriteAttributes(code.Line(), $"Attributes{i}Of{k}", values[k].Attributes);
            }
        }
        code.Close();
    }

    public static bool HasWords(ContractMethod method) => method.Head.IsObsolete || !method.Words.IsEmpty;

    private static List<ContractParameter> ValuesOf(ContractMethod method) => [.. method.Parameters.Where(p => p.Kind == ParameterKind.Value)];

    private static void WriteBind(CodeText code, string contract, ContractMethod method, int number)
    {
        var values = ValuesOf(method);
        if (method.Head.IsObsolete)
            code.Line("[global::System.Obsolete]");
        code.Open($"public static global::JsonRpcLite.JsonRpcMethod Bind{number}({ContractWriter.Services}.ContractBinder binder, global::System.Func<{Call}, {contract}> service)");
        for (var k = 0; k < values.Count; k++)
        {
            var value = values[k];
            var attributes = value.Attributes.Count == 0 ? "null" : $"Attributes{number}Of{k}";
            code.Line(value.Default is null
                ? $"var p{k} = binder.Parameter<{value.Type}>({Literal.Of(value.WireName)}, {Literal.Of(value.TakesNull)}, {attributes});"
                : $"var p{k} = binder.OptionalParameter<{value.Type}>({Literal.Of(value.WireName)}, {Literal.Of(value.TakesNull)}, {value.Default}, {attributes});");
        }
        if (method.Parameters.FirstOrDefault(p => p.Kind == ParameterKind.Progress) is { } progress)
            code.Line($"var progress = binder.Progress<{progress.Type}>();");
        if (method.Returns == ReturnKind.Items)
            code.Line($"var result = binder.Items<{method.Result}>({Literal.Of(method.IsStreamOnly)});");
        else if (method.Result.Length > 0)
            code.Line($"var result = binder.Result<{method.Result}>({Literal.Of(method.MayBeNull)});");
        code.Line("var signature = binder.Signature();");
        code.Open("return (call, cancellationToken) =>");
        if (method.Returns == ReturnKind.Items)
            code.Line("result.Open(call);");
        // Without parameters it only sees that there are no arguments.
        code.Line($"var arguments = new {ContractWriter.Services}.ContractArguments(call, signature);");
        for (var k = 0; k < values.Count; k++)
            code.Line($"var a{k} = p{k}.Read(ref arguments);");
        WriteInvocation(code, method, values);
        code.Close(";").Close();
    }

    private static void WriteInvocation(CodeText code, ContractMethod method, List<ContractParameter> values)
    {
        var arguments = method.Parameters.Select(p => p.Kind switch
        {
            ParameterKind.Token => "cancellationToken",
            ParameterKind.Progress => "reports",
            _ => $"a{values.IndexOf(p)}",
        });
        var invocation = $"service(call).{method.Head.Name}({string.Join(", ", arguments)})";
        if (method.Parameters.Any(p => p.Kind == ParameterKind.Progress))
        {
            var task = method.Returns is ReturnKind.ValueTask or ReturnKind.ValueTaskOfValue ? $"{invocation}.AsTask()" : invocation;
            code.Line($"return progress.RunAsync(call, reports => {task}{(method.Result.Length > 0 ? ", result" : "")});");
            return;
        }
        switch (method.Returns)
        {
            case ReturnKind.Nothing:
                code.Line($"{invocation};").Line("return default;");
                break;
            case ReturnKind.Task:
                code.Line($"return new global::System.Threading.Tasks.ValueTask({invocation});");
                break;
            case ReturnKind.ValueTask:
                code.Line($"return {invocation};");
                break;
            case ReturnKind.Value:
                code.Line($"return result.Write(call, {invocation});");
                break;
            case ReturnKind.Items:
                code.Line($"return result.WriteAsync(call, {invocation}, cancellationToken);");
                break;
            default:
                code.Line($"return result.WriteAsync(call, {invocation});");
                break;
        }
    }

    private static void WriteWords(CodeText code, ContractMethod method, int number)
    {
        var words = method.Words;
        code.Open($"public static global::JsonRpcLite.JsonRpcMethodDescription Describe{number}() => new()");
        if (words.Summary is not null)
            code.Line($"Summary = {Literal.Of(words.Summary)},");
        if (words.Result is not null)
            code.Line($"Result = {Literal.Of(words.Result)},");
        if (method.Head.IsObsolete)
            code.Line("IsDeprecated = true,");
        if (words.Parameters.Count > 0)
            code.Line($"Parameters = {{ {string.Join(", ", words.Parameters.Select(p => $"[{Literal.Of(p.Name)}] = {Literal.Of(p.Text)}"))} }},");
        if (words.Errors.Count > 0)
            code.Line($"Errors = {{ {string.Join(", ", words.Errors.Select(e => $"[{e.Code}] = {Literal.Of(e.Message)}"))} }},");
        code.Close(";");
    }

    /// <summary>Attributes of validation carry trim warnings for what they do with a value, which is not done here.</summary>
    private static void WriteAttributes(CodeText code, string name, EquatableArray<string> attributes) =>
        code.Line("[global::System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessage(\"Trimming\", \"IL2026\", Justification = \"The attributes are read, and validate nothing.\")]")
            .Line($"public static object[] {name}() => new object[] {{ {string.Join(", ", attributes)} }};");
}
