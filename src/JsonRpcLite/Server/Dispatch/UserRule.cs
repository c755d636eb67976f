using System.Security.Claims;

namespace JsonRpcLite;

/// <summary>Lets only authenticated callers that pass a check call a method.</summary>
internal sealed class UserRule(JsonRpcMethod next, Func<ClaimsPrincipal, bool> mayCall)
{
    /// <summary>Wraps a method with the check; returns the method itself if there is no check.</summary>
    public static JsonRpcMethod Around(JsonRpcMethod method, Func<ClaimsPrincipal, bool>? mayCall) => mayCall is null ? method : new UserRule(method, mayCall).CallAsync;

    /// <summary>Whether the caller is authenticated and passes the check.</summary>
    public static bool Allows(JsonRpcCall call, Func<ClaimsPrincipal, bool> mayCall) => call.User is { Identity.IsAuthenticated: true } user && mayCall(user);

    private ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken) =>
        Allows(call, mayCall)
            ? next(call, cancellationToken)
            : throw new JsonRpcException(JsonRpcErrorCodes.NotAllowed, "Not allowed") { IsBeforeMethod = true };
}
