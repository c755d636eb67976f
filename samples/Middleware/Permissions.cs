namespace Middleware;

/// <summary>The permission that a caller of the function needs.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class NeedsAttribute(string permission) : Attribute
{
    public string Permission => permission;
}

internal static class Permissions
{
    /// <summary>Reads each method's attribute once, when the server starts: a method without one has no check at all.</summary>
    public static JsonRpcMethod Check(JsonRpcMethodInfo info, JsonRpcMethod next)
    {
        if (info.Metadata.OfType<NeedsAttribute>().FirstOrDefault() is not { } needs)
            return next;
        return (call, cancellationToken) =>
            call.User is { Identity.IsAuthenticated: true } user && user.HasClaim("permission", needs.Permission)
                ? next(call, cancellationToken)
                : throw new JsonRpcException(JsonRpcErrorCodes.NotAllowed, "Not allowed");
    }
}
