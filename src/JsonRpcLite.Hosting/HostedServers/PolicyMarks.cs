using System.Diagnostics.CodeAnalysis;

namespace JsonRpcLite;

/// <summary>Rejects methods that require a policy of ASP.NET Core, on servers where policies do not apply.</summary>
/// <remarks>If they were ignored silently, these methods would be open to everyone.</remarks>
internal static class PolicyMarks
{
    private const string Authorization = "Microsoft.AspNetCore.Authorization.";

    /// <summary>Known by name, because this package does not reference ASP.NET Core.</summary>
    private static readonly string[] Marks =
        [$"{Authorization}IAuthorizeData", $"{Authorization}IAuthorizationRequirementData", $"{Authorization}AuthorizeAttribute", $"{Authorization}AuthorizationPolicy"];

    private static readonly string[] Openings = [$"{Authorization}IAllowAnonymous", $"{Authorization}AllowAnonymousAttribute"];

    /// <summary>Lets the start of a server fail if it has such methods.</summary>
    /// <param name="methods">The methods of the server.</param>
    public static void Refuse(JsonRpcMethods methods) => methods.UseOutermost(static (info, next) =>
    {
        // As in ASP.NET Core, [AllowAnonymous] overrides everything else.
        if (info.Metadata.Any(mark => Is(mark, Marks)) && !info.Metadata.Any(mark => Is(mark, Openings)))
        {
            throw new InvalidOperationException(
                $"The method '{info.Name}' has [Authorize], but policies do not apply on a server of AddJsonRpcServer. "
                + $"Use RequireUser(\"{info.Name}\", user => ...) of {nameof(JsonRpcMethods)} instead, "
                + "or serve the set in ASP.NET Core by MapJsonRpc.");
        }
        return next;
    });

    [UnconditionalSuppressMessage("Trimming", "IL2075", Justification = "Where an interface was trimmed away, the attribute of ASP.NET Core is still known by its base type.")]
    private static bool Is(object mark, string[] names)
    {
        for (var type = mark.GetType(); type is not null; type = type.BaseType)
        {
            if (names.Contains(type.FullName))
                return true;
        }
        return mark.GetType().GetInterfaces().Any(type => names.Contains(type.FullName));
    }
}
