using System.Reflection;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>A user's function in one shape: how to call it, and whether it accepts <c>null</c>.</summary>
internal sealed class PlainFunction<TIn, TOut>
{
    private readonly ParameterInfo? _parameter;

    /// <param name="given">The user's delegate.</param>
    /// <param name="call">The function in the shape in which it is called.</param>
    /// <param name="parameterName">The name of the public argument.</param>
    /// <exception cref="ArgumentException">The function returns a task where its result was expected, or is <c>async void</c>.</exception>
    public PlainFunction(Delegate given, Func<TIn, CancellationToken, ValueTask<TOut>> call, [CallerArgumentExpression(nameof(given))] string? parameterName = null)
    {
        ArgumentNullException.ThrowIfNull(given, parameterName);
        RefuseTask();
        AsyncVoid.Refuse(given, "The function", parameterName);
        Call = call;
        // The last parameters are those of the delegate: a method may have more before them, which are bound.
        var parameters = given.Method.GetParameters();
        var own = given.GetType().GetMethod("Invoke")!.GetParameters().Length;
        if (parameters.Length < own)
            throw new ArgumentException("This is an instance method without its instance. Pass a delegate of an object's method.", parameterName);
        // A function without a parameter accepts any value.
        _parameter = own == 0 ? null : parameters[^own];
        TakesNull = _parameter is null || NullAnnotation.Allows(_parameter);
        Source = given.Method;
    }

    public Func<TIn, CancellationToken, ValueTask<TOut>> Call { get; }

    public bool TakesNull { get; }

    /// <summary>Whether the function is safe, according to <see cref="JsonRpcMethodAttribute"/> on it.</summary>
    public bool IsSafe => Source.GetCustomAttribute<JsonRpcMethodAttribute>() is { Idempotency: JsonRpcIdempotency.Safe };

    /// <summary>Whether each call needs an idempotency key, according to the same attribute.</summary>
    public bool RequiresKey => Source.GetCustomAttribute<JsonRpcMethodAttribute>() is { RequiresIdempotencyKey: true };

    /// <summary>The user's method.</summary>
    public MethodInfo Source { get; }

    /// <summary>The shape of a function that returns a sequence.</summary>
    /// <typeparam name="TItem">The type of its items.</typeparam>
    public MethodShape DescribeSequence<TItem>(JsonRpcSerializer serializer) => new()
    {
        Input = serializer.TypeOf<TIn>(),
        InputSource = _parameter,
        TakesNull = TakesNull,
        Output = serializer.TypeOf<TItem>(),
        ReturnsSequence = true,
        Source = Source,
    };

    public MethodShape Describe(JsonRpcSerializer serializer) => new()
    {
        Input = serializer.TypeOf<TIn>(),
        InputSource = _parameter,
        TakesNull = TakesNull,
        Output = serializer.TypeOf<TOut>(),
        ReturnsNothing = MethodShape.IsNothing(Source.ReturnType),
        ReturnsNull = NullAnnotation.AllowsResult(Source),
        Source = Source,
    };

    /// <summary>Rejects a task as result: an async lambda that binds to the wrong overload would send its task as JSON.</summary>
    private static void RefuseTask()
    {
        if (Returned.ItemOf(typeof(TOut)) is { } item)
            throw new ArgumentException(
                $"The function's result is an IAsyncEnumerable. A method of a JSON-RPC server can stream: write the type of its items, as in AddHandler<{typeof(TIn).Name}, {item.Name}>. A plain function answers with one value: return a list.");
        if (Returned.IsOtherWork(typeof(TOut)))
            throw new ArgumentException(
                $"The function's result is {typeof(TOut)}, which is awaitable but not a Task: the library would not run it. Return a Task (F#: Async.StartAsTask, or task {{ }}).");
        if (Returned.IsTask(typeof(TOut)))
        {
            throw new ArgumentException(
                $"The function's result is a {typeof(TOut).Name.Split('`')[0]}, not the task's result. Write both type arguments, as in MakeServer<int, string>, and return Task<string>.");
        }
    }
}
