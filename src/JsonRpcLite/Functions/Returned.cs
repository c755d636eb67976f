using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>What a user's function returns, where it is a task: by its type, and by its value, where the type hides it.</summary>
internal static class Returned
{
    /// <summary>The T of a Task of T or a ValueTask of T, also of a class that derives from it; <c>null</c> for anything else.</summary>
    public static Type? ResultOf(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.IsGenericType && (t.GetGenericTypeDefinition() == typeof(Task<>) || t.GetGenericTypeDefinition() == typeof(ValueTask<>)))
                return t.GetGenericArguments()[0];
        }
        return null;
    }

    public static bool IsTask(Type type) => typeof(Task).IsAssignableFrom(type) || type == typeof(ValueTask) || ResultOf(type) is not null;

    /// <summary>Whether it is awaited, or F#'s Async, and no task: nothing here would ever run or await it.</summary>
    public static bool IsOtherWork(Type type) => !IsTask(type) && TypeRules.IsAwaitable(type);

    /// <summary>Refuses a function of which nobody would notice when it ends, and whose exception would end the process.</summary>
    /// <exception cref="ArgumentException">It is <c>async void</c>, or a part of it is.</exception>
    /// <param name="function">The function.</param>
    /// <param name="subject">What a message calls it.</param>
    /// <param name="parameterName">What the caller's caller knows it by.</param>
    public static void RefuseAsyncVoid(Delegate function, string subject, string? parameterName)
    {
        foreach (var part in function.GetInvocationList())
        {
            if (part.Method.ReturnType == typeof(void) && part.Method.IsDefined(typeof(AsyncStateMachineAttribute), inherit: false))
                throw new ArgumentException($"{subject} is async void: nobody would notice when it ends or fails. Let it return Task.", parameterName);
        }
    }

    /// <summary>Whether a value of this type, such as an object, can be a task all the same.</summary>
    public static bool CanHideTask(Type declared) => declared.IsAssignableFrom(typeof(Task)) || declared == typeof(ValueType);

    /// <summary>Refuses a task that stands where its value was meant: written as JSON it would look like a result.</summary>
    /// <exception cref="InvalidOperationException">The value is a task.</exception>
    public static void RefuseTask(object? value)
    {
        if (value is not null && TypeRules.IsAwaitable(value.GetType()))
            throw new InvalidOperationException("The function returned a task as a value; nobody would wait for it. Declare what it returns as a task.");
    }
}
