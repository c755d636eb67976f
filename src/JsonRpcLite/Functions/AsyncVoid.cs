using System.Reflection;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Functions that are <c>async void</c>.</summary>
internal static class AsyncVoid
{
    /// <summary>Refuses a function of which nobody would notice when it ends, and whose exception would end the process.</summary>
    /// <exception cref="ArgumentException">It is <c>async void</c>, or a part of it is.</exception>
    /// <param name="function">The function.</param>
    /// <param name="subject">What a message calls it.</param>
    /// <param name="parameterName">What the caller's caller knows it by.</param>
    public static void Refuse(Delegate function, string subject, string? parameterName)
    {
        foreach (var part in function.GetInvocationList())
            Refuse(part.Method, subject, parameterName);
    }

    /// <inheritdoc cref="Refuse(Delegate, string, string?)"/>
    /// <param name="method">The function's method.</param>
    /// <param name="subject">What a message calls it.</param>
    /// <param name="parameterName">What the caller's caller knows it by.</param>
    public static void Refuse(MethodInfo method, string subject, string? parameterName)
    {
        if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false))
            throw new ArgumentException($"{subject} is async void: its end and its exceptions would be lost. Let it return Task.", parameterName);
    }
}
