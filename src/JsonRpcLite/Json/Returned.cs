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

    /// <summary>The T of an <c>IAsyncEnumerable</c> of T, exactly that type; <c>null</c> for anything else.</summary>
    public static Type? ItemOf(Type type) => type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>) ? type.GetGenericArguments()[0] : null;

    public static bool IsTask(Type type) => typeof(Task).IsAssignableFrom(type) || type == typeof(ValueTask) || ResultOf(type) is not null;

    /// <summary>Whether it is awaited, or F#'s Async, and no task: nothing here would ever run or await it.</summary>
    public static bool IsOtherWork(Type type) => !IsTask(type) && TypeRules.IsAwaitable(type);

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
