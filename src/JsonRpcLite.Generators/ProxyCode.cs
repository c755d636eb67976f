namespace JsonRpcLite.Generators;

/// <summary>Writes the proxy, whose methods pass their arguments on, with the number of the method.</summary>
internal static class ProxyCode
{
    private const string ValueTask = "global::System.Threading.Tasks.ValueTask";

    /// <summary>The maximum number of arguments in SentArguments of the core.</summary>
    /// <remarks>Further ones are nested.</remarks>
    private const int MostArguments = 7;

    public static void Write(CodeText code, Contract contract)
    {
        var calls = $"{ContractWriter.Services}.ContractCalls calls";
        code.Open($"private sealed class {contract.ProxyType} : {contract.Name}");
        code.Line($"private readonly {ContractWriter.Services}.ContractCalls _calls;");
        for (var i = 0; i < contract.Bases.Count; i++)
            code.Line($"private readonly {contract.Bases[i].Type} _base{i};");
        code.Line().Open($"public {contract.ProxyType}({(contract.Bases.Count > 0 ? $"{ContractWriter.Services}.ContractChannel forBases, " : "")}{calls})");
        code.Line("_calls = calls;");
        for (var i = 0; i < contract.Bases.Count; i++)
            code.Line($"_base{i} = forBases.Create<{contract.Bases[i].Type}>();");
        code.Close();

        for (var i = 0; i < contract.Methods.Count; i++)
            code.Line().Line($"{HeadOf(contract.Name, contract.Methods[i].Head)} =>").Line($"    {BodyOf(contract.Methods[i], i)};");
        for (var i = 0; i < contract.Bases.Count; i++)
        {
            foreach (var method in contract.Bases[i].Methods)
            {
                code.Line();
                if (method.IsObsolete)
                    code.Line("[global::System.Obsolete]");
                code.Line($"{HeadOf(contract.Bases[i].Type, method)} =>").Line($"    this._base{i}.{method.Name}({string.Join(", ", method.Parameters.Select(p => p.Name))});");
            }
        }
        code.Close();
    }

    private static string HeadOf(string type, MethodHead head) => $"{head.ReturnType} {type}.{head.Name}({string.Join(", ", head.Parameters.Select(p => $"{p.Type} {p.Name}"))})";

    private static string BodyOf(ContractMethod method, int number)
    {
        var (type, arguments) = Sent(ServerCode.ValuesOf(method));
        var result = method.Result.Length > 0 ? ", " + method.Result : "";
        var token = method.Parameters.FirstOrDefault(p => p.Kind == ParameterKind.Token)?.Name ?? "default";
        if (method.Parameters.FirstOrDefault(p => p.Kind == ParameterKind.Progress) is { } progress)
            return Wrap($"this._calls.RunAsync<{type}, {progress.Type}{result}>({number}, {arguments}, {progress.Name}, {token})");
        if (method.IsNotification)
        {
            return method.Returns == ReturnKind.Nothing
                ? $"this._calls.Notify<{type}>({number}, {arguments})"
                : Wrap($"this._calls.NotifyAsync<{type}>({number}, {arguments}, {token})");
        }
        return method.Returns switch
        {
            ReturnKind.Nothing or ReturnKind.Value => $"this._calls.Invoke<{type}{result}>({number}, {arguments})",
            ReturnKind.Items => $"this._calls.StreamAsync<{type}{result}>({number}, {arguments}, {token})",
            _ => Wrap($"this._calls.CallAsync<{type}{result}>({number}, {arguments}, {token})"),
        };

        string Wrap(string task) => method.Returns switch
        {
            ReturnKind.ValueTask => $"new {ValueTask}({task})",
            ReturnKind.ValueTaskOfValue => $"new {ValueTask}<{method.Result}>({task})",
            _ => task,
        };
    }

    /// <summary>Gets the type that holds the arguments, and an expression that creates it.</summary>
    private static (string Type, string Value) Sent(IReadOnlyList<ContractParameter> passed)
    {
        const string type = $"{ContractWriter.Services}.SentArguments";
        if (passed.Count == 0)
            return (type, "default");
        var (types, values) = (passed.Take(MostArguments).Select(p => p.Type).ToList(), passed.Take(MostArguments).Select(p => p.Name).ToList());
        if (passed.Count > MostArguments)
        {
            var (restType, rest) = Sent([.. passed.Skip(MostArguments)]);
            types.Add(restType);
            values.Add(rest);
        }
        return ($"{type}<{string.Join(", ", types)}>", $"new({string.Join(", ", values)})");
    }
}
