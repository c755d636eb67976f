using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Generators;

/// <summary>Checks which types can be parameters and results of a contract.</summary>
/// <remarks>Errors that only the serializer can find are reported when a server starts.</remarks>
internal static class Types
{
    public static bool IsToken(ITypeSymbol type) => NameOf(type) == "System.Threading.CancellationToken";

    /// <summary>Whether the type is a task without a result.</summary>
    public static bool IsTask(ITypeSymbol type) =>
        type is INamedTypeSymbol { Arity: 0 } && NameOf(type) is "System.Threading.Tasks.Task" or "System.Threading.Tasks.ValueTask" && ((INamedTypeSymbol)type).Arity == 0;

    /// <summary>The type argument of a certain generic type; <c>null</c> for any other type.</summary>
    public static ITypeSymbol? ArgumentOf(ITypeSymbol type, string name) => type is INamedTypeSymbol { Arity: 1 } generic && NameOf(type) == name ? generic.TypeArguments[0] : null;

    public static bool HoldsTuple(ITypeSymbol type) => type switch
    {
        IArrayTypeSymbol array => HoldsTuple(array.ElementType),
        INamedTypeSymbol { IsTupleType: true } => true,
        INamedTypeSymbol named => NameOf(named) is "System.Tuple" or "System.ValueTuple" || named.TypeArguments.Any(HoldsTuple),
        _ => false,
    };

    /// <summary>Finds the reason why a type cannot be sent, with a remedy; <c>null</c> if it can, as far as is known at compile time.</summary>
    public static string? FaultOf(ITypeSymbol type, bool isResult)
    {
        if (type.TypeKind is TypeKind.Pointer or TypeKind.FunctionPointer)
            return "a pointer means nothing to another process. Use the value.";
        if (type.IsRefLikeType)
            return "a ref struct cannot leave the stack. Use an array.";
        if (type.TypeKind == TypeKind.Delegate)
            return "a function cannot be sent as JSON. Use a data type.";
        if (IsTask(type) || ArgumentOf(type, "System.Threading.Tasks.Task") is not null || ArgumentOf(type, "System.Threading.Tasks.ValueTask") is not null)
            return isResult ? "a task of a task. Await the inner one." : "a task cannot be sent as JSON. Take its result.";
        if (ArgumentOf(type, "System.Collections.Generic.IAsyncEnumerable") is not null)
            return isResult ? "a task of a sequence. Return the IAsyncEnumerable itself." : "a caller cannot send a sequence that is still to be made. Take a list.";
        if (ArgumentOf(type, "System.IProgress") is not null)
            return "progress is reported to a parameter of the type IProgress, and is not a value.";
        if (IsOrDerivesFrom(type, "System.IO.Stream"))
            return "a stream is a resource of this process. Use byte[], or an IAsyncEnumerable of byte[] as a result.";
        if (NameOf(type) == "JsonRpcLite.JsonRpcCall")
            return "a contract is the same for both sides, and a client has no call. Use AddService with a function that takes the call, or middleware.";
        if (IsToken(type) || IsNullableToken(type))
            return isResult ? "a token means nothing to another process." : "write CancellationToken: it is filled in, and not sent.";
        return null;
    }

    public static string ArticleOf(string type) => ("aeiouAEIOU".IndexOf(type[0]) >= 0 ? "an " : "a ") + type;

    private static bool IsNullableToken(ITypeSymbol type) => ArgumentOf(type, "System.Nullable") is { } argument && IsToken(argument);

    private static bool IsOrDerivesFrom(ITypeSymbol type, string name)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (NameOf(t) == name)
                return true;
        }
        return false;
    }

    private static string NameOf(ITypeSymbol type) =>
        type.ContainingType is null && type.ContainingNamespace is { IsGlobalNamespace: false } space ? $"{space.ToDisplayString()}.{type.Name}" : type.Name;
}
