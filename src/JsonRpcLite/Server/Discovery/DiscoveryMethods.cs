using System.Collections.Concurrent;
using System.Text;

namespace JsonRpcLite;

/// <summary>The reserved methods that list the methods of the server.</summary>
/// <remarks>Methods that the caller may not call are left out. Callers that may call the same methods share one document.</remarks>
internal sealed class DiscoveryMethods
{
    /// <summary>The number of documents that are cached; documents for further combinations are made for each call.</summary>
    private const int MostKept = 64;

    private readonly IReadOnlyList<DescribedMethod> _methods;
    private readonly IReadOnlyList<Func<JsonRpcMethodInfo, JsonRpcCall, ValueTask<bool>>> _filters;
    private readonly Func<IReadOnlyList<DescribedMethod>, OpenRpcDocument> _make;
    private readonly OpenRpcDocument? _forAll;
    private readonly ConcurrentDictionary<string, OpenRpcDocument> _documents = new(StringComparer.Ordinal);

    /// <param name="options">The title and the version.</param>
    /// <param name="serializer">The serializer, which writes the documents and knows the types.</param>
    /// <param name="methods">The methods in the order of their registration.</param>
    /// <param name="filters">Whether a method is shown to a caller; all filters must return <c>true</c>.</param>
    public DiscoveryMethods(
        JsonRpcDiscoveryOptions options,
        JsonRpcSerializer serializer,
        IReadOnlyList<DescribedMethod> methods,
        IReadOnlyList<Func<JsonRpcMethodInfo, JsonRpcCall, ValueTask<bool>>> filters)
    {
        (_methods, _filters) = (methods, filters);
        _make = shown => new OpenRpcDocument(options, serializer, shown);
        if (filters.Count == 0 && methods.All(m => m.MayCall is null))
            _forAll = _make(methods);
    }

    /// <summary>Answers <c>rpc.discover</c>.</summary>
    public async ValueTask DiscoverAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        OpenRpcDocument.RefuseParameters(call);
        (_forAll ?? await DocumentForAsync(call).ConfigureAwait(false)).Write(call);
    }

    /// <summary>Answers <c>rpc.typescript</c> with a TypeScript client that is generated from the document.</summary>
    public async ValueTask WriteTypeScriptAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        OpenRpcDocument.RefuseParameters(call);
        (_forAll ?? await DocumentForAsync(call).ConfigureAwait(false)).WriteTypeScript(call);
    }

    private async ValueTask<OpenRpcDocument> DocumentForAsync(JsonRpcCall call)
    {
        var shown = new List<DescribedMethod>();
        // One character for each method: shown or not.
        var key = new StringBuilder(_methods.Count);
        foreach (var method in _methods)
        {
            var isShown = await IsShownAsync(method, call).ConfigureAwait(false);
            key.Append(isShown ? '1' : '0');
            if (isShown)
                shown.Add(method);
        }
        var name = key.ToString();
        if (_documents.TryGetValue(name, out var document))
            return document;
        document = _make(shown);
        return _documents.Count < MostKept ? _documents.GetOrAdd(name, document) : document;
    }

    private async ValueTask<bool> IsShownAsync(DescribedMethod method, JsonRpcCall call)
    {
        if (method.MayCall is { } mayCall && !UserRule.Allows(call, mayCall))
            return false;
        foreach (var filter in _filters)
        {
            if (!await filter(method.Info, call).ConfigureAwait(false))
                return false;
        }
        return true;
    }
}
