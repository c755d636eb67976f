namespace JsonRpcLite;

/// <summary>What an endpoint does differently from a server of its own.</summary>
public sealed class JsonRpcEndpointOptions
{
    /// <summary>
    /// Whether the calls of a batch share the services of the HTTP request. They run one after another then, in their order. A single call has the request's services in any case.
    /// </summary>
    /// <value><c>false</c> by default: each call of a batch has a scope of its own, and they may run side by side.</value>
    public bool ShareRequestScope { get; set; }

    /// <summary>
    /// Whether every method must say who may call it: by <c>[Authorize]</c> or <c>[AllowAnonymous]</c> on it or on its class, or by <see cref="JsonRpcMethods.RequireUser"/>. One
    /// that says nothing is an <see cref="InvalidOperationException"/> at the start that names it.
    /// </summary>
    /// <value><c>false</c> by default: such a method is for everybody whom the endpoint lets in.</value>
    public bool RequireMarkedMethods { get; set; }
}
