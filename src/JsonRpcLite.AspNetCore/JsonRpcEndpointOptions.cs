namespace JsonRpcLite;

/// <summary>The options of an endpoint, beside those of its server.</summary>
public sealed class JsonRpcEndpointOptions
{
    /// <summary>Whether the calls of a batch share the services of the HTTP request.</summary>
    /// <remarks>The calls then run one after another, in their order. A single call always has the request's services.</remarks>
    /// <value><c>false</c> by default: each call of a batch has its own scope, and the calls may run in parallel.</value>
    public bool ShareRequestScope { get; set; }

    /// <summary>Whether every method must specify who may call it.</summary>
    /// <remarks>
    /// A method does so by <c>[Authorize]</c> or <c>[AllowAnonymous]</c> on the method or its class, or by <see cref="JsonRpcMethods.RequireUser"/>. A method that specifies
    /// nothing is an <see cref="InvalidOperationException"/> at the start, which names the method.
    /// </remarks>
    /// <value><c>false</c> by default: every caller that the endpoint admits may call such a method.</value>
    public bool RequireMarkedMethods { get; set; }
}
