using System.Reflection;

namespace JsonRpcLite;

/// <summary>Reads nullable annotations.</summary>
internal static class NullAnnotation
{
    /// <summary>Whether a parameter may be <c>null</c>; <c>false</c> only where an annotation forbids it.</summary>
    /// <remarks>Code without annotations, and a trimmed program, which has lost them, allow <c>null</c>.</remarks>
    public static bool Allows(ParameterInfo parameter)
    {
        if (parameter.ParameterType.IsValueType)
            return Nullable.GetUnderlyingType(parameter.ParameterType) is not null;
        return IsLost || new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.NotNull;
    }

    /// <summary>Whether a method's result, synchronous or of a task, may be <c>null</c>; <c>true</c> where annotations are missing.</summary>
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
