using System.Security.Claims;

namespace JsonRpcLite;

/// <summary>Lets only those call a method who are authenticated and allowed to.</summary>
internal sealed class UserRule(JsonRpcMethod next, Func<ClaimsPrincipal, bool> mayCall)
{
    /// <summary>The method itself where anybody may call it.</summary>
    public static JsonRpcMethod Around(JsonRpcMethod method, Func<ClaimsPrincipal, bool>? mayCall) => mayCall is null ? method : new UserRule(method, mayCall).CallAsync;

    /// <summary>Whether the caller passes.</summary>
    public static bool Allows(JsonRpcCall call, Func<ClaimsPrincipal, bool> mayCall) => call.User is { Identity.IsAuthenticated: true } user && mayCall(user);

    private ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken) =>
        Allows(call, mayCall)
            ? next(call, cancellationToken)
            : throw new JsonRpcException(JsonRpcErrorCodes.NotAllowed, "Not allowed") { IsBeforeMethod = true };
}
