using System.Diagnostics.CodeAnalysis;

namespace JsonRpcLite;

/// <summary>Middleware around calls, which the services of each call create.</summary>
/// <remarks><see cref="JsonRpcMiddleware"/> describes the rules. Register it by AddMiddleware.</remarks>
/// <example>
/// <code>
/// public sealed class Audit(AuditLog log) : IJsonRpcMiddleware
/// {
///     public async ValueTask InvokeAsync(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken)
///     {
///         await next(call, cancellationToken);
///         log.Write(call.User, call.Method);
///     }
/// }
/// </code>
/// </example>
public interface IJsonRpcMiddleware
{
    /// <summary>Runs before and after the method, or answers without it.</summary>
    /// <param name="call">The call, valid until the returned task ends. <see cref="JsonRpcCall.Services"/> is its scope.</param>
    /// <param name="next">The next middleware, or the method.</param>
    /// <param name="cancellationToken">Cancelled when the caller disconnects or the call takes too long. Pass it on.</param>
    [SuppressMessage("Naming", "CA1716:Identifiers should not match keywords", Justification = "The names that the delegate has, and those of ASP.NET Core.")]
    ValueTask InvokeAsync(JsonRpcCall call, JsonRpcMethod next, CancellationToken cancellationToken);
}
