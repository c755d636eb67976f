using System.Diagnostics.CodeAnalysis;

namespace JsonRpcLite;

/// <summary>Refuses methods that ask for a policy of ASP.NET Core, where nothing asks policies: skipped without a word, they would be open to everyone.</summary>
internal static class PolicyMarks
{
    private const string Authorization = "Microsoft.AspNetCore.Authorization.";

    /// <summary>Known by name, since this package does not know ASP.NET Core.</summary>
    private static readonly string[] Marks =
        [$"{Authorization}IAuthorizeData", $"{Authorization}IAuthorizationRequirementData", $"{Authorization}AuthorizeAttribute", $"{Authorization}AuthorizationPolicy"];

    private static readonly string[] Openings = [$"{Authorization}IAllowAnonymous", $"{Authorization}AllowAnonymousAttribute"];

    /// <summary>Has the start of a server fail that has such methods.</summary>
    /// <param name="methods">The methods of the server.</param>
    public static void Refuse(JsonRpcMethods methods) => methods.UseOutermost(static (info, next) =>
    {
        // As in ASP.NET Core: who may call without a name may call, whatever else is said.
        if (info.Metadata.Any(mark => Is(mark, Marks)) && !info.Metadata.Any(mark => Is(mark, Openings)))
        {
            throw new InvalidOperationException(
                $"The method '{info.Name}' has [Authorize], and no policies are asked where AddJsonRpcServer serves it. Use RequireUser(\"{info.Name}\", user => ...) of {nameof(JsonRpcMethods)} instead, "
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
