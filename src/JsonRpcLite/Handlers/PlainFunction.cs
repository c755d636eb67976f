namespace JsonRpcLite;

/// <summary>A user's function, whatever shape it was given in: how to call it, and whether it takes <c>null</c>.</summary>
internal sealed class PlainFunction<TIn, TOut>
{
    /// <param name="given">The user's own delegate.</param>
    /// <param name="call">The same in the one shape that is called.</param>
    public PlainFunction(Delegate given, Func<TIn, CancellationToken, ValueTask<TOut>> call)
    {
        ArgumentNullException.ThrowIfNull(given, "func");
        Call = call;
        // The last parameters are those of the delegate: a method may have more, bound in front.
        var parameters = given.Method.GetParameters();
        var own = given.GetType().GetMethod("Invoke")!.GetParameters().Length;
        TakesNull = NullAnnotation.Allows(parameters[^own]);
    }

    public Func<TIn, CancellationToken, ValueTask<TOut>> Call { get; }

    public bool TakesNull { get; }
}
