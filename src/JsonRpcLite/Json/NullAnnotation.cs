using System.Reflection;

namespace JsonRpcLite;

/// <summary>Reads the question marks of the source.</summary>
internal static class NullAnnotation
{
    /// <summary>
    /// Whether a parameter may be <c>null</c>. <c>false</c> only where the source says so; code without annotations, and a trimmed program, which has lost
    /// them, leave it open.
    /// </summary>
    public static bool Allows(ParameterInfo parameter)
    {
        if (parameter.ParameterType.IsValueType)
            return Nullable.GetUnderlyingType(parameter.ParameterType) is not null;
        return IsLost || new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.NotNull;
    }

    /// <summary>Whether what a method returns, now or as a task's result, may be <c>null</c>; open in the same cases.</summary>
    public static bool AllowsResult(MethodInfo method)
    {
        var type = method.ReturnType;
        var isLater = type.IsGenericType && (typeof(Task).IsAssignableFrom(type) || type.GetGenericTypeDefinition() == typeof(ValueTask<>));
        var value = isLater ? type.GetGenericArguments()[0] : type;
        if (value.IsValueType)
            return Nullable.GetUnderlyingType(value) is not null;
        if (IsLost)
            return true;
        var annotation = new NullabilityInfoContext().Create(method.ReturnParameter);
        return (isLater && annotation.GenericTypeArguments.Length > 0 ? annotation.GenericTypeArguments[0] : annotation).ReadState != NullabilityState.NotNull;
    }

    private static bool IsLost => AppContext.TryGetSwitch("System.Reflection.NullabilityInfoContext.IsSupported", out var isSupported) && !isSupported;
}
