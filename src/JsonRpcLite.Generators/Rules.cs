using System.Reflection;
using Microsoft.CodeAnalysis;

namespace JsonRpcLite.Generators;

/// <summary>The diagnostics for contracts.</summary>
/// <remarks>An id is never reused.</remarks>
internal static class Rules
{
    public static readonly DiagnosticDescriptor NotPartial = Error(
        "JRL001", "A contract must be partial", "{0} must be partial, so that the generator can add the contract's code to it. Write 'partial' before '{1}'.");
    public static readonly DiagnosticDescriptor Generic = Error(
        "JRL002", "A contract cannot be generic", "The contract {0} is generic, or is nested in a generic type. Write the contract with the types filled in.");
    public static readonly DiagnosticDescriptor NotMethod = Error(
        "JRL003", "A contract has methods only", "'{0}' is not a method. A contract has methods only. Make it one; for an event, return an IAsyncEnumerable.");
    public static readonly DiagnosticDescriptor GenericMethod = Error(
        "JRL004", "A contract's method cannot be generic", "The method '{0}' is generic, but a caller cannot send a type. Write one method for each type, or take a JsonElement.");
    public static readonly DiagnosticDescriptor SharedName = Error(
        "JRL005", "Two methods or parameters have one name on the wire", "{0} have the name '{1}' on the wire. Give one of them another name with [JsonRpcName].");
    public static readonly DiagnosticDescriptor BadParameter = Error("JRL006", "A parameter cannot be sent as JSON", "The parameter '{0}' {1}");
    public static readonly DiagnosticDescriptor BadResult = Error("JRL007", "A result cannot be sent as JSON", "The method '{0}' returns {1}");
    public static readonly DiagnosticDescriptor Tuple = Error(
        "JRL008", "A tuple cannot be sent as JSON", "{0} holds a tuple, which System.Text.Json writes as {{}}. Use a record.");
    public static readonly DiagnosticDescriptor ManyTokens = Error(
        "JRL009", "More than one CancellationToken", "The method '{0}' has {1} parameters of the type CancellationToken. Declare at most one: the client does not send it.");
    public static readonly DiagnosticDescriptor NotificationResult = Error("JRL010", "A notification has no result",
        "The notification '{0}' returns {1}, but a notification is never answered. Return void, Task or ValueTask, or remove [JsonRpcNotification].");
    public static readonly DiagnosticDescriptor NoContractBase = Error("JRL011", "A base interface is not a contract", "{0} derives from {1}, {2}");
    public static readonly DiagnosticDescriptor BadName = Error("JRL012", "A name that no method can have", "The name '{0}' {1}");
    public static readonly DiagnosticDescriptor FileLocal = Error(
        "JRL013", "A file-local contract", "The contract {0} is file-local, so that generated code cannot add to it. Make it internal or private.");
    public static readonly DiagnosticDescriptor BadProgress = Error("JRL014", "A method that cannot report progress", "The method '{0}' {1}");

    public static readonly DiagnosticDescriptor BadContext = Error("JRL016", "SerializerContext is not a JsonSerializerContext",
        "{0} cannot be the SerializerContext of {1}. Name a class of your own that derives from JsonSerializerContext and has [JsonSerializable] for each type.");

    public static readonly DiagnosticDescriptor VoidWaits = new(
        "JRL015",
        "A void method waits for its answer",
        "The client's thread is blocked in '{0}' until the server has answered. Return Task to wait without blocking, or add [JsonRpcNotification] if the call needs no answer.",
        "JsonRpcLite",
        DiagnosticSeverity.Info,
        isEnabledByDefault: true,
        helpLinkUri: LinkOf("JRL015"));

    public static readonly DiagnosticDescriptor NotInContext = Warning(
        "JRL020", "A type is missing in the serializer context", "The type {0} is not in {1}. Add [JsonSerializable(typeof({0}))] to {1}.");

    public static readonly DiagnosticDescriptor NoContext = Warning(
        "JRL021",
        "A trimmed program needs a serializer context",
        "The project is published trimmed or ahead of time, or is a library for programs that are. There the contract {0} needs a JsonSerializerContext for {1}. Declare one with [JsonSerializable] for each type, and write [JsonRpcContract(SerializerContext = typeof(...))].");

    public static readonly DiagnosticDescriptor AwaitedTooEarly = Warning(
        "JRL030", "A call of a batch is awaited before it is sent",
        "This call is answered when its batch is sent, which cannot happen while it is awaited here. Keep the task, call SendAsync, and then await the task.");

    private static DiagnosticDescriptor Error(string id, string title, string message) =>
        new(id, title, message, "JsonRpcLite", DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: LinkOf(id));

    private static DiagnosticDescriptor Warning(string id, string title, string message) =>
        new(id, title, message, "JsonRpcLite", DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: LinkOf(id));

    /// <summary>The link to the explanation in the documentation, in the repository that the property RepositoryUrl names.</summary>
    private static string LinkOf(string id)
    {
        var repository = typeof(Rules).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "RepositoryUrl").Value;
        return $"{repository}/blob/main/docs/contracts.md#{id.ToLowerInvariant()}";
    }
}
