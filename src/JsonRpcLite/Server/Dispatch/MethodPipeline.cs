using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Composes middleware around a method, once when a server starts: a call allocates nothing for it, and a method without middleware stays what it is.</summary>
internal static class MethodPipeline
{
    /// <param name="info">The method, for those who ask.</param>
    /// <param name="method">The method itself.</param>
    /// <param name="middleware">Each wraps what stands behind it; the first is the outermost.</param>
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
        // Nearly always, and it spares each call a delegate and two checks.
        return next.Target is Step outermost ? outermost.CallFirstAsync : new Outside(next, pipeline).CallAsync;
    }

    /// <summary>The other form of middleware, as a wrapper.</summary>
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

        /// <summary>As <see cref="Outside.CallAsync"/> and the step behind it in one.</summary>
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

    /// <summary>Middleware that was made for its method: it too may write a result of its own, and be called again by one that stands before it.</summary>
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

    /// <summary>The outermost: waits for a method whose middleware did not, since the call's memory is lent to both.</summary>
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

    /// <summary>The innermost: the method, and what middleware may see of it: what its caller gets.</summary>
    private sealed class End(JsonRpcMethod method, object pipeline)
    {
        public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
        {
            var guard = call.Next!;
            var place = guard.Begin(pipeline);
            try
            {
                call.BeginResult();
                call.IsBeforeMethod = false;
                if (call.IsWhole)
                    return guard.Track(KeepAsync(call, cancellationToken), place);
                var running = guard.Track(method(call, cancellationToken), place);
                if (!running.IsCompletedSuccessfully || call.Exchange.IsLost)
                    return AwaitAsync(running, call);
                call.CheckResult();
                return running;
            }
            catch (Exception e)
            {
                // Thrown by the method, instead of a task.
                guard.EndAtOnce(place);
                if (Fail(call, e) is { } timedOut)
                    throw timedOut;
                throw;
            }
        }

        /// <summary>A call whose outcome is kept, also where nobody waits for it any more.</summary>
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

        /// <summary>
        /// Discards what was written, so that middleware can write a result instead; and says what the caller got or would get, where that is not the exception itself.
        /// </summary>
        private static JsonRpcException? Fail(JsonRpcCall call, Exception exception)
        {
            call.ClearResult();
            // Of a caller that is gone the token is cancelled, and the reply may still be the call's.
            var isTimedOut = call.Exchange.IsLost || exception is OperationCanceledException && call.Exchange.Right.Look().IsCancelled;
            return isTimedOut ? TimedOut(exception) : null;
        }

        /// <summary>What the method threw instead of ending is reported, as ever, unless it did as its token said.</summary>
        private static JsonRpcException TimedOut(Exception? inner) =>
            new(JsonRpcErrorCodes.TimedOut, "The call was ended while its method ran: it took too long, or its caller is gone.", errorData: null,
                inner is OperationCanceledException ? null : inner);
    }
}

/// <summary>One middleware of a registry.</summary>
/// <param name="Wrap">Makes it for a method.</param>
/// <param name="IsGate">Whether it only judges calls, or is the host's: what it does is not the application's code (<see cref="JsonRpcCall.IsUntouched"/>).</param>
internal sealed record CallMiddleware(Func<JsonRpcMethodInfo, JsonRpcMethod, JsonRpcMethod> Wrap, bool IsGate);
