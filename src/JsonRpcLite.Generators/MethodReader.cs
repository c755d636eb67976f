using System.Collections.Immutable;
using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Generators;

/// <summary>Reads one method of a contract, and finds its errors.</summary>
internal sealed class MethodReader(INamedTypeSymbol contract, Compilation compilation, ImmutableArray<Diagnostic>.Builder faults, CancellationToken cancellationToken)
{
    private const string NameAttribute = "JsonRpcLite.JsonRpcNameAttribute";
    private const string MethodAttribute = "JsonRpcLite.JsonRpcMethodAttribute";
    private const string NotificationAttribute = "JsonRpcLite.JsonRpcNotificationAttribute";
    private const string ErrorAttribute = "JsonRpcLite.JsonRpcErrorAttribute";

    public static bool IsNotification(IMethodSymbol method) => ContractReader.AttributeOf(method, NotificationAttribute) is not null;

    /// <summary>The type of a parameter or result that is sent; <c>null</c> if nothing is sent.</summary>
    /// <remarks>It is the result type of a task, the item type of a sequence, the report type of a progress, and otherwise the type itself.</remarks>
    public static ITypeSymbol? Travelling(ITypeSymbol type) =>
        type.SpecialType == SpecialType.System_Void || Types.IsTask(type) ? null
        : Types.ArgumentOf(type, "System.Threading.Tasks.Task") ?? Types.ArgumentOf(type, "System.Threading.Tasks.ValueTask")
        ?? Types.ArgumentOf(type, "System.Collections.Generic.IAsyncEnumerable") ?? Types.ArgumentOf(type, "System.IProgress")
            ?? (Types.IsToken(type) ? null : type);

    public static MethodHead HeadOf(IMethodSymbol method) =>
        new(TypeText.Of(method.ReturnType), TypeText.Escape(method.Name), new(method.Parameters.Select(p => (TypeText.Of(p.Type), TypeText.Escape(p.Name)))), method.GetAttributes()
            .Any(a => a.AttributeClass?.ToDisplayString() == "System.ObsoleteAttribute"));

    /// <summary>The name of a method on the wire, after the prefix of its contract.</summary>
    /// <remarks>It is the name of the attribute, or the C# name without <c>Async</c> and with its first letter in lower case.</remarks>
    public static string WireNameOf(IMethodSymbol method)
    {
        var prefix = ContractReader.AttributeOf(method.ContainingType, ContractReader.ContractAttribute)?.ConstructorArguments.FirstOrDefault().Value as string ?? "";
        if (GivenName(method) is { } given)
            return prefix + given;
        const string async = "Async";
        var name = method.Name.EndsWith(async, StringComparison.Ordinal) && method.Name.Length > async.Length
            ? method.Name.Substring(0, method.Name.Length - async.Length) : method.Name;
        return prefix + char.ToLowerInvariant(name[0]) + name.Substring(1);
    }

    /// <returns>The method; <c>null</c> if it has an error.</returns>
    public ContractMethod? Read(IMethodSymbol method)
    {
        var before = faults.Count;
        var wireName = WireNameOf(method);
        CheckName(method, wireName);
        if (method.IsGenericMethod)
            Report(Rules.GenericMethod, method, method.Name);
        var returns = ReadResult(method, out var result);
        var parameters = method.Parameters.Select(ReadParameter).ToList();
        CheckTogether(method, returns, parameters);
        if (faults.Skip(before).Any(f => f.Severity == DiagnosticSeverity.Error))
            return null;
        var marks = ContractReader.AttributeOf(method, MethodAttribute)?.NamedArguments ?? [];
        return new ContractMethod(
            HeadOf(method),
            wireName,
            returns,
            result is null ? "" : TypeText.Plain(result),
            result is not null && TakesNull(result),
            IsNotification(method),
            marks.Any(m => m is { Key: "StreamOnly", Value.Value: true }),
            marks.Where(m => m.Key == "Idempotency").Select(m => m.Value.Value as int? ?? 0).FirstOrDefault(),
            new(parameters!),
            ReadWords(method),
            AttributesOf(method));
    }

    private ReturnKind ReadResult(IMethodSymbol method, out ITypeSymbol? result)
    {
        var type = method.ReturnType;
        result = Travelling(type);
        var kind = type.SpecialType == SpecialType.System_Void ? ReturnKind.Nothing
            : Types.IsTask(type) ? (type.IsValueType ? ReturnKind.ValueTask : ReturnKind.Task)
            : Types.ArgumentOf(type, "System.Threading.Tasks.Task") is not null ? ReturnKind.TaskOfValue
            : Types.ArgumentOf(type, "System.Threading.Tasks.ValueTask") is not null ? ReturnKind.ValueTaskOfValue
            : Types.ArgumentOf(type, "System.Collections.Generic.IAsyncEnumerable") is not null ? ReturnKind.Items
            : ReturnKind.Value;
        if (method.ReturnsByRef || method.ReturnsByRefReadonly)
            Report(Rules.BadResult, method, method.Name, "by reference. Return the value.");
        else if (result is not null && Types.FaultOf(result, isResult: true) is { } fault)
            Report(Rules.BadResult, method, method.Name, $"{TypeText.Shown(type)}: {fault}");
        else if (result is not null && Types.HoldsTuple(result))
            Report(Rules.Tuple, method, $"The result of '{method.Name}'");
        if (IsNotification(method) && kind is not (ReturnKind.Nothing or ReturnKind.Task or ReturnKind.ValueTask))
            Report(Rules.NotificationResult, method, method.Name, TypeText.Shown(type));
        if (kind == ReturnKind.Nothing && !IsNotification(method))
            Report(Rules.VoidWaits, method, method.Name);
        return kind;
    }

    private ContractParameter? ReadParameter(IParameterSymbol parameter)
    {
        var type = parameter.Type;
        if (parameter.RefKind != RefKind.None)
        {
            Report(Rules.BadParameter, parameter, parameter.Name,
                $"is {(parameter.RefKind is RefKind.Ref or RefKind.Out or RefKind.In ? parameter.RefKind.ToString().ToLowerInvariant() : "ref readonly")}, but only its value is sent. Take it by value.");
            return null;
        }
        var name = TypeText.Escape(parameter.Name);
        if (Types.IsToken(type))
            return new ContractParameter(ParameterKind.Token, name, "", TypeText.Plain(type), TakesNull: false, null, default);
        var report = Types.ArgumentOf(type, "System.IProgress");
        var value = report ?? type;
        if (Types.FaultOf(value, isResult: false) is { } fault)
            Report(Rules.BadParameter, parameter, parameter.Name, $"is {Types.ArticleOf(TypeText.Shown(type))}: {fault}");
        else if (Types.HoldsTuple(value))
            Report(Rules.Tuple, parameter, $"The parameter '{parameter.Name}'");
        if (report is not null)
            return new ContractParameter(ParameterKind.Progress, name, "", TypeText.Plain(report), TakesNull: false, null, default);
        var wireName = GivenName(parameter) ?? parameter.Name;
        if (HoldsLoneSurrogate(wireName))
            Report(Rules.BadName, parameter, wireName, "holds half of a surrogate pair, which no caller can send.");
        return new ContractParameter(ParameterKind.Value, name, wireName, TypeText.Plain(type), TakesNull(type), parameter.HasExplicitDefaultValue
            ? Literal.OfDefault(parameter) : null, AttributesOf(parameter));
    }

    private void CheckName(IMethodSymbol method, string wireName)
    {
        if (wireName.Length == 0)
            Report(Rules.BadName, method, wireName, "is empty. Give the method a name with [JsonRpcName].");
        else if (wireName.StartsWith("rpc.", StringComparison.Ordinal))
            Report(Rules.BadName, method, wireName, "begins with 'rpc.', which is reserved (JSON-RPC 2.0, 4.3).");
        else if (HoldsLoneSurrogate(wireName))
            Report(Rules.BadName, method, wireName, "holds half of a surrogate pair, which no caller can send.");
    }

    private void CheckTogether(IMethodSymbol method, ReturnKind returns, List<ContractParameter?> parameters)
    {
        if (parameters.Count(p => p?.Kind == ParameterKind.Token) is > 1 and var tokens)
            Report(Rules.ManyTokens, method, method.Name, tokens);
        if (parameters.Count(p => p?.Kind == ParameterKind.Progress) is > 0 and var progresses)
        {
            var fault = progresses > 1 ? $"has {progresses} parameters of the type IProgress. Declare at most one."
                : IsNotification(method) ? "reports its progress, but a notification is never answered. Remove [JsonRpcNotification]."
                : returns == ReturnKind.Items ? "returns a sequence and reports progress. Send the progress as items."
                : returns is ReturnKind.Nothing or ReturnKind.Value ? "reports its progress, so it must be asynchronous. Return Task or ValueTask."
                : null;
            if (fault is not null)
                Report(Rules.BadProgress, method, method.Name, fault);
        }
        foreach (var same in parameters.Where(p => p?.Kind == ParameterKind.Value).GroupBy(p => p!.WireName).Where(g => g.Skip(1).Any()))
            Report(Rules.SharedName, method, $"The parameters {string.Join(" and ", same.Select(p => $"'{p!.Name}'"))} of '{method.Name}'", same.Key);
    }

    private MethodWords ReadWords(IMethodSymbol method)
    {
        var comment = Comments.Of(method, cancellationToken);
        var parameters = new List<(string, string)>();
        foreach (var parameter in method.Parameters.Where(p => Travelling(p.Type) is not null && Types.ArgumentOf(p.Type, "System.IProgress") is null))
        {
            var text = DescriptionOf(parameter.GetAttributes()) ?? CommentText.Of(comment.Elements("param").FirstOrDefault(e => e.Attribute("name")?.Value == parameter.Name));
            if (text is not null)
                parameters.Add((GivenName(parameter) ?? parameter.Name, text));
        }
        var errors = method.GetAttributes().Where(a => a.AttributeClass?.ToDisplayString() == ErrorAttribute).Select(a => a.ConstructorArguments)
            .Where(a => a.Length == 2 && a[0].Value is int && a[1].Value is string).Select(a => ((int)a[0].Value!, (string)a[1].Value!))
            .GroupBy(e => e.Item1).Select(g => g.Last());
        return new MethodWords(
            DescriptionOf(method.GetAttributes()) ?? CommentText.Of(comment.Element("summary")),
            DescriptionOf(method.GetReturnTypeAttributes()) ?? CommentText.Of(comment.Element("returns")),
            new(parameters),
            new(errors));
    }

    /// <summary>The attributes that generated code can recreate, except the compiler's own.</summary>
    private EquatableArray<string> AttributesOf(ISymbol symbol) => new(
        symbol.GetAttributes()
            .Where(a => a.AttributeClass is { } type && !type.ContainingNamespace.ToDisplayString().StartsWith("System.Runtime.", StringComparison.Ordinal)
                && compilation.IsSymbolAccessibleWithin(type, contract)
                && (a.AttributeConstructor is null || compilation.IsSymbolAccessibleWithin(a.AttributeConstructor, contract)))
            .Select(Literal.Of).OfType<string>());

    private static string? DescriptionOf(ImmutableArray<AttributeData> attributes) =>
        attributes.FirstOrDefault(a =>
            a.AttributeClass?.ToDisplayString() == "System.ComponentModel.DescriptionAttribute")?.ConstructorArguments.FirstOrDefault().Value is string { Length: > 0 } text
            ? text : null;

    private static string? GivenName(ISymbol symbol) => ContractReader.AttributeOf(symbol, NameAttribute)?.ConstructorArguments.FirstOrDefault().Value as string;

    /// <summary>Whether the type accepts null.</summary>
    /// <remarks>In code without nullable annotations, every reference type does.</remarks>
    private static bool TakesNull(ITypeSymbol type) =>
        type.IsValueType ? type.OriginalDefinition.SpecialType == SpecialType.System_Nullable_T : type.NullableAnnotation != NullableAnnotation.NotAnnotated;

    private static bool HoldsLoneSurrogate(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (!char.IsSurrogate(text[i]))
                continue;
            if (i + 1 >= text.Length || !char.IsSurrogatePair(text[i], text[i + 1]))
                return true;
            i++;
        }
        return false;
    }

    private void Report(DiagnosticDescriptor rule, ISymbol symbol, params object[] arguments) =>
        faults.Add(Diagnostic.Create(rule, symbol.Locations.FirstOrDefault(l => l.IsInSource), arguments));
}
