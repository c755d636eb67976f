namespace JsonRpcLite;

/// <summary>Recognizes tasks that a user's function returns: by type, and by value where the type hides it.</summary>
internal static class Returned
{
    /// <summary>Returns the T of a Task of T or a ValueTask of T, or of a derived class; <c>null</c> for any other type.</summary>
    public static Type? ResultOf(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType)
        {
            if (t.IsGenericType && (t.GetGenericTypeDefinition() == typeof(Task<>) || t.GetGenericTypeDefinition() == typeof(ValueTask<>)))
                return t.GetGenericArguments()[0];
        }
        return null;
    }

    /// <summary>Returns the T of exactly the type <c>IAsyncEnumerable</c> of T; <c>null</c> for any other type.</summary>
    public static Type? ItemOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>) ? type.GetGenericArguments()[0] : null;

    public static bool IsTask(Type type) => typeof(Task).IsAssignableFrom(type) || type == typeof(ValueTask) || ResultOf(type) is not null;

    /// <summary>Whether a type is awaitable, or F#'s Async, but not a task: the library would never run or await it.</summary>
    public static bool IsOtherWork(Type type) => !IsTask(type) && TypeRules.IsAwaitable(type);

    /// <summary>Whether a value of this type, such as <see cref="object"/>, can be a task nevertheless.</summary>
    public static bool CanHideTask(Type declared) => declared.IsAssignableFrom(typeof(Task)) || declared == typeof(ValueType);

    /// <summary>Rejects a task as a value: written as JSON it would look like a result.</summary>
    /// <exception cref="InvalidOperationException">The value is a task.</exception>
    public static void RefuseTask(object? value)
    {
        if (value is not null && TypeRules.IsAwaitable(value.GetType()))
            throw new InvalidOperationException("The function returned a task as a plain value, which is not awaited. Declare its return type as a task.");
    }
}
