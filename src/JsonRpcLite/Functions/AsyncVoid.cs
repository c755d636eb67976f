using System.Reflection;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Rejects functions that are <c>async void</c>.</summary>
internal static class AsyncVoid
{
    /// <summary>Rejects an <c>async void</c> function: its completion cannot be observed, and its exception would end the process.</summary>
    /// <exception cref="ArgumentException">The function is <c>async void</c>, or a part of a combined delegate is.</exception>
    /// <param name="function">The function.</param>
    /// <param name="subject">The function's name in messages.</param>
    /// <param name="parameterName">The name of the public argument.</param>
    public static void Refuse(Delegate function, string subject, string? parameterName)
    {
        foreach (var part in function.GetInvocationList())
            Refuse(part.Method, subject, parameterName);
    }

    /// <inheritdoc cref="Refuse(Delegate, string, string?)"/>
    /// <param name="method">The function's method.</param>
    /// <param name="subject">The function's name in messages.</param>
    /// <param name="parameterName">The name of the public argument.</param>
    public static void Refuse(MethodInfo method, string subject, string? parameterName)
    {
        if (method.ReturnType == typeof(void) && method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false))
            throw new ArgumentException($"{subject} is async void: its completion and its exceptions would be lost. Return Task instead.", parameterName);
    }
}
