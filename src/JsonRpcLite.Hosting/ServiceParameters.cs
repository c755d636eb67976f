using System.Reflection;
using System.Security.Claims;
using Microsoft.Extensions.DependencyInjection;

namespace JsonRpcLite;

/// <summary>Determines which parameters of a method are services, and gets them from the scope of the call.</summary>
internal sealed class ServiceParameters(IServiceProviderIsService? known)
{
    /// <summary>The attribute of ASP.NET Core, which this package does not reference.</summary>
    private const string FromServices = "Microsoft.AspNetCore.Mvc.FromServicesAttribute";

    private static readonly ClaimsPrincipal Anonymous = new(new ClaimsIdentity());

    /// <inheritdoc cref="JsonRpcMethods.FillParameters" path="/param"/>
    public Func<JsonRpcCall, object?>? Fill(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var isOptional = parameter.HasDefaultValue || new NullabilityInfoContext().Create(parameter).ReadState == NullabilityState.Nullable;
        if (type == typeof(ClaimsPrincipal))
            return isOptional ? static call => call.User : static call => call.User ?? Anonymous;
        if (parameter.GetCustomAttribute<FromKeyedServicesAttribute>() is { } keyed)
            return call => isOptional ? KeyedOf(call).GetKeyedService(type, keyed.Key) : KeyedOf(call).GetRequiredKeyedService(type, keyed.Key);
        if (!IsMarked(parameter) && !IsService(type))
            return null;
        return call => isOptional ? ServicesOf(call).GetService(type) : ServicesOf(call).GetRequiredService(type);
    }

    private static bool IsMarked(ParameterInfo parameter) => parameter.GetCustomAttributes(inherit: true).Any(a => a.GetType().FullName == FromServices);

    /// <summary>Whether the type is a service of the application.</summary>
    /// <remarks>Sequences are excluded: a container reports every sequence as a service, which has as many elements as there are registrations, possibly none.</remarks>
    private bool IsService(Type type) => !(type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IEnumerable<>)) && known?.IsService(type) == true;

    private static IServiceProvider ServicesOf(JsonRpcCall call) =>
        call.Services ?? throw new InvalidOperationException(
            $"The call of '{call.Method}' has no services, because middleware has set {nameof(JsonRpcCall)}.{nameof(JsonRpcCall.Services)} to null.");

    private static IKeyedServiceProvider KeyedOf(JsonRpcCall call) =>
        ServicesOf(call) as IKeyedServiceProvider ?? throw new InvalidOperationException("The container of this application does not support keyed services.");
}
