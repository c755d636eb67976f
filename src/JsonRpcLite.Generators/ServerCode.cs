namespace JsonRpcLite.Generators;

/// <summary>Writes the outline of a contract, and the code that a server calls.</summary>
/// <remarks>For each method, this code reads the arguments, calls the method and writes its result.</remarks>
internal static class ServerCode
{
    private const string Call = "global::JsonRpcLite.JsonRpcCall";
    /// <summary>The maximum number of arms of a switch over methods.</summary>
    private const int PartSize = 32;

    private const string ValueTask = "global::System.Threading.Tasks.ValueTask";

    public static List<ContractParameter> ValuesOf(ContractMethod method) => [.. method.Parameters.Where(p => p.Kind == ParameterKind.Value)];

    public static void Write(CodeText code, Contract contract, TypeTable types)
    {
        code.Open($"private static class {contract.ServerType}");
        WriteOutline(code, contract, types);
        WriteDispatch(code.Line(), contract);
        for (var i = 0; i < contract.Methods.Count; i++)
            WriteCall(code.Line(), contract, contract.Methods[i], i);
        code.Close();
    }

    private static void WriteOutline(CodeText code, Contract contract, TypeTable types)
    {
        var methods = OutlineText.Methods(contract, types).ToList();
        var words = OutlineText.Words(contract).ToList();
        var defaults = contract.Methods.SelectMany(m => m.Parameters).Where(p => p.Default is not null).ToList();
        // The core numbers the attributes in this order.
        var attributes = contract.Methods.SelectMany(m => new[] { m.Attributes }.Concat(m.Parameters.Select(p => p.Attributes))).Where(a => a.Count > 0).ToList();

        code.Open($"public static readonly {ContractWriter.Services}.ContractOutline Contract = new(Methods, AddTypes)");
        if (contract.ByPosition)
            code.Line("ByPosition = true,");
        if (contract.Context is not null)
            code.Line($"Context = {contract.Context},");
        if (defaults.Count > 0)
            code.Line("Defaults = MakeDefaults,");
        if (attributes.Count > 0)
            code.Line("Attributes = MakeAttributes,");
        if (words.Count > 0)
            code.Line("Descriptions = GetDescriptions,");
        code.Close(";").Line();

        code.Line("// A method's name, the type of its result, its traits, and the type of its reports; then each parameter's name, type and traits.");
        code.Line("// Types go by their number in AddTypes.");
        WriteText(code, "private static global::System.ReadOnlySpan<byte> Methods =>", methods);
        code.Line().Open($"private static void AddTypes({ContractWriter.Services}.ContractTypes types)");
        foreach (var type in types.Types)
            code.Line($"types.Add<{type}>();");
        code.Close();
        if (defaults.Count > 0)
        {
            code.Line().Open("private static object[] MakeDefaults() => new object[]");
            foreach (var parameter in defaults)
                code.Line($"({parameter.Type})({parameter.Default}),");
            code.Close(";");
        }
        if (attributes.Count > 0)
            WriteAttributes(code.Line(), attributes);
        if (words.Count > 0)
            WriteText(code.Line(), "private static global::System.ReadOnlySpan<byte> GetDescriptions() =>", words);
    }

    private static void WriteText(CodeText code, string head, List<string> lines)
    {
        code.Line(head).Line("    \"\"\"").Line("    [");
        for (var i = 0; i < lines.Count; i++)
            code.Line($"    {lines[i]}{(i + 1 < lines.Count ? "," : "")}");
        code.Line("    ]").Line("    \"\"\"u8;");
    }

    /// <summary>Writes the attributes.</summary>
    /// <remarks>Validation attributes carry trim warnings about code that does not run here.</remarks>
    private static void WriteAttributes(CodeText code, List<EquatableArray<string>> attributes)
    {
        const string suppress = "global::System.Diagnostics.CodeAnalysis.UnconditionalSuppressMessage";
        code.Line($"[{suppress}(\"Trimming\", \"IL2026\", Justification = \"The attributes are read, and validate nothing.\")]");
        code.Open("private static object[] MakeAttributes(int number)").Open("switch (number)");
        for (var i = 0; i < attributes.Count; i++)
            code.Line($"{(i + 1 < attributes.Count ? $"case {i}" : "default")}: return new object[] {{ {string.Join(", ", attributes[i])} }};");
        code.Close().Close();
    }

    /// <summary>Writes the dispatch in parts, because the first call must wait until the part that it needs is compiled.</summary>
    private static void WriteDispatch(CodeText code, Contract contract)
    {
        var count = contract.Methods.Count;
        if (count <= PartSize)
        {
            WriteSwitch(code, contract, "Call", "public", Enumerable.Range(0, count).Select(i => (i, $"Call{i}(")));
            return;
        }
        var parts = (count + PartSize - 1) / PartSize;
        WriteSwitch(code, contract, "Call", "public", Enumerable.Range(0, parts).Select(i => (i, $"CallOfPart{i}(method, ")), $"method / {PartSize}");
        for (var part = 0; part < parts; part++)
        {
            var first = part * PartSize;
            WriteSwitch(code.Line(), contract, $"CallOfPart{part}", "private", Enumerable.Range(first, Math.Min(PartSize, count - first)).Select(i => (i, $"Call{i}(")));
        }
    }

    private static void WriteSwitch(CodeText code, Contract contract, string name, string access, IEnumerable<(int Number, string Call)> arms, string value = "method")
    {
        code.Open($"{access} static {ValueTask} {name}(int method, {ParametersOf(contract)})").Open($"switch ({value})");
        foreach (var (number, call) in arms)
            code.Line($"case {number}: return {call}service, ref arguments);");
        code.Line("default: throw new global::System.ArgumentOutOfRangeException(nameof(method));").Close().Close();
    }

    private static void WriteCall(CodeText code, Contract contract, ContractMethod method, int number)
    {
        var values = ValuesOf(method);
        if (method.Head.IsObsolete)
            code.Line("[global::System.Obsolete]");
        code.Open($"private static {ValueTask} Call{number}({ParametersOf(contract)})");
        for (var k = 0; k < values.Count; k++)
            code.Line($"{values[k].Type} a{k} = arguments.Read<{values[k].Type}>();");
        WriteInvocation(code, method, values);
        code.Close();
    }

    private static string ParametersOf(Contract contract) =>
        $"global::System.Func<{Call}, {contract.Name}> service, ref {ContractWriter.Services}.ContractArguments arguments";

    private static void WriteInvocation(CodeText code, ContractMethod method, List<ContractParameter> values)
    {
        var progress = method.Parameters.FirstOrDefault(p => p.Kind == ParameterKind.Progress);
        var passed = method.Parameters.Select(p => p.Kind switch
        {
            ParameterKind.Token => progress is null ? "arguments.CancellationToken" : "cancellationToken",
            ParameterKind.Progress => "reports",
            _ => $"a{values.IndexOf(p)}",
        });
        var invocation = $"service({(progress is null ? "arguments.Call" : "call")}).{method.Head.Name}({string.Join(", ", passed)})";
        if (progress is not null)
        {
            var task = method.Returns is ReturnKind.ValueTask or ReturnKind.ValueTaskOfValue ? $"{invocation}.AsTask()" : invocation;
            code.Line($"{Call} call = arguments.Call;").Line("global::System.Threading.CancellationToken cancellationToken = arguments.CancellationToken;");
            code.Line($"return arguments.Run<{progress.Type}{(method.Result.Length > 0 ? ", " + method.Result : "")}>(reports => {task});");
            return;
        }
        if (method.Returns == ReturnKind.Nothing)
            code.Line($"{invocation};");
        code.Line(method.Returns switch
        {
            ReturnKind.Nothing => "return default;",
            ReturnKind.Task => $"return new {ValueTask}({invocation});",
            ReturnKind.ValueTask => $"return {invocation};",
            ReturnKind.Value => $"return arguments.Write<{method.Result}>({invocation});",
            ReturnKind.Items => $"return arguments.WriteItems<{method.Result}>({invocation});",
            ReturnKind.TaskOfValue => $"return arguments.WriteTask<{method.Result}>({invocation});",
            _ => $"return arguments.WriteValueTask<{method.Result}>({invocation});",
        });
    }
}
