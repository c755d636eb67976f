using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Composes middleware around a method, once when a server starts.</summary>
/// <remarks>A call allocates nothing for the pipeline, and a method without middleware is called directly.</remarks>
internal static class MethodPipeline
{
    /// <param name="info">The description of the method, for middleware.</param>
    /// <param name="method">The method itself.</param>
    /// <param name="middleware">The middleware; the first is the outermost.</param>
    public static JsonRpcMethod Compose(JsonRpcMethodInfo info, JsonRpcMethod method, IReadOnlyList<CallMiddleware> middleware)
    {
        var pipeline = new object();
        JsonRpcMethod end = new End(method, pipeline).CallAsync;
        var next = end;
        for (var i = middleware.Count - 1; i >= 0; i--)
        {
            var (wrap, isGate) = middleware[i];
            var wrapped = wrap(info, next) ?? throw new InvalidOperationException($"A middleware returned null for the method '{info.Name}'; return next to leave it as it is.");
            if (wrapped.Target is Step step)
                (step.Pipeline, step.IsGate) = (pipeline, isGate);
            if (wrapped.Target is KeyedMethod keyed)
                keyed.Pipeline = pipeline;
            next = wrapped == next || wrapped.Target is Step ? wrapped : new Anew(wrapped, pipeline, isGate).CallAsync;
        }
        if (next == end)
            return method;
        // In nearly all pipelines the outermost is a step; this saves each call a delegate and two checks.
        return next.Target is Step outermost ? outermost.CallFirstAsync : new Outside(next, pipeline).CallAsync;
    }

    /// <summary>Converts middleware of the other form into a wrapper.</summary>
    public static Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> Wrap(JsonRpcMiddleware middleware) => (_, next) => new Step(middleware, next).CallAsync;

    private sealed class Step(JsonRpcMiddleware middleware, JsonRpcMethod next)
    {
        public object? Pipeline { get; set; }

        public bool IsGate { get; set; }

        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            call.Next!.Check(Pipeline!);
            call.BeginResult();
            if (!IsGate)
                call.IsUntouched = false;
            return middleware(call, next, cancellationToken);
        }

        /// <summary>Does the work of <see cref="Outside.CallAsync"/> and of this step in one call.</summary>
        public ValueTask CallFirstAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            var guard = call.Next ??= new NextGuard();
            guard.Open(Pipeline!);
            call.IsBeforeMethod = true;
            if (!IsGate)
                call.IsUntouched = false;
            try
            {
                return guard.Close(middleware(call, next, cancellationToken));
            }
            catch (Exception e)
            {
                if (guard.TryClose())
                    throw;
                return guard.Close(ValueTask.FromException(e));
            }
        }
    }

    /// <summary>Middleware that was made for its method.</summary>
    /// <remarks>Like a step, it may write a result itself, and outer middleware may call it again.</remarks>
    private sealed class Anew(JsonRpcMethod middleware, object pipeline, bool isGate)
    {
        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            call.Next!.Check(pipeline);
            call.BeginResult();
            if (!isGate)
                call.IsUntouched = false;
            return middleware(call, cancellationToken);
        }
    }

    /// <summary>The outermost step: waits for a method whose middleware did not await it, since both use the call's memory.</summary>
    private sealed class Outside(JsonRpcMethod first, object pipeline)
    {
        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            var guard = call.Next ??= new NextGuard();
            guard.Open(pipeline);
            call.IsBeforeMethod = true;
            try
            {
                return guard.Close(first(call, cancellationToken));
            }
            catch (Exception e)
            {
                if (guard.TryClose())
                    throw;
                return guard.Close(ValueTask.FromException(e));
            }
        }
    }

    /// <summary>The innermost step: runs the method, and shows its outcome to middleware as the caller gets it.</summary>
    private sealed class End(JsonRpcMethod method, object pipeline)
    {
        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            var guard = call.Next!;
            var run = guard.Begin(pipeline);
            try
            {
                call.BeginResult();
                call.IsBeforeMethod = false;
                if (call.IsWhole)
                    return guard.Track(KeepAsync(call, cancellationToken), run);
                var running = guard.Track(method(call, cancellationToken), run);
                if (!running.IsCompletedSuccessfully || call.Exchange.IsLost)
                    return AwaitAsync(running, call);
                call.CheckResult();
                return running;
            }
            catch (Exception e)
            {
                // The method threw instead of returning a task.
                guard.EndAtOnce(run);
                if (Fail(call, e) is { } timedOut)
                    throw timedOut;
                throw;
            }
        }

        /// <summary>Runs a call whose outcome is stored, even if its caller has disconnected.</summary>
        private async ValueTask KeepAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            call.Outcome = default;
            try
            {
                await method(call, cancellationToken).ConfigureAwait(false);
                call.CheckResult();
                call.Outcome = new MethodOutcome(call.WrittenResult.ToArray());
            }
            catch (Exception e)
            {
                call.Outcome = new MethodOutcome(Error: e, WasCancelled: cancellationToken.IsCancellationRequested);
                if (Fail(call, e) is { } timedOut)
                    throw timedOut;
                throw;
            }
            if (call.Exchange.IsLost)
                throw TimedOut(inner: null);
        }

        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
        private static async ValueTask AwaitAsync(ValueTask running, JsonRpcCall call)
        {
            try
            {
                await running.ConfigureAwait(false);
                if (!call.Exchange.IsLost)
                    call.CheckResult();
            }
            catch (Exception e)
            {
                if (Fail(call, e) is { } timedOut)
                    throw timedOut;
                throw;
            }
            if (call.Exchange.IsLost)
                throw TimedOut(inner: null);
        }

        /// <summary>Discards the written result, so that middleware can write another one.</summary>
        /// <returns>The error that the caller gets instead of the exception; <c>null</c> if it gets the exception itself.</returns>
        private static JsonRpcException? Fail(JsonRpcCall call, Exception exception)
        {
            call.ClearResult();
            // When a caller has disconnected, its token is cancelled, but the call may still have the right to reply.
            var isTimedOut = call.Exchange.IsLost || exception is OperationCanceledException && call.Exchange.Right.Look().IsCancelled;
            return isTimedOut ? TimedOut(exception) : null;
        }

        /// <summary>Makes the error of a cancelled call.</summary>
        /// <remarks>Its inner exception is reported, unless the method obeyed its token.</remarks>
        private static JsonRpcException TimedOut(Exception? inner) =>
            new(JsonRpcErrorCodes.TimedOut, "The call was cancelled while its method ran: it took too long, or its caller has disconnected.", errorData: null,
                inner is OperationCanceledException ? null : inner);
    }
}

/// <summary>One middleware of a registry.</summary>
/// <param name="Wrap">Creates the middleware for a method.</param>
/// <param name="IsGate">
/// Whether it only decides whether calls may run, or belongs to the host: it does not count as the application's code (<see cref="JsonRpcCall.IsUntouched"/>).
/// </param>
internal sealed record CallMiddleware(Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> Wrap, bool IsGate);
