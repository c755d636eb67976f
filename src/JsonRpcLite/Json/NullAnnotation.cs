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
        if (AppContext.TryGetSwitch("System.Reflection.NullabilityInfoContext.IsSupported", out var isSupported) && !isSupported)
            return true;
        return new NullabilityInfoContext().Create(parameter).WriteState != NullabilityState.NotNull;
    }
}
