using System.Globalization;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>Admits an exchange, and has the watch observe it until its handler ends.</summary>
/// <remarks>It refuses the exchange if there are too many or if the server is stopping. It gives the handler the exchange's own token.</remarks>
internal sealed class ExchangeLimit(CallsInFlight calls, CallWatch watch, ErrorReply errors, HttpExchangeHandler next)
{
    public ValueTask HandleAsync(HttpExchange exchange, CancellationToken cancellationToken)
    {
        if (!TryGetClientTimeout(exchange.RequestHeaders, out var clientTimeoutMs))
        {
            errors.Refuse(exchange, 400, $"{HeaderFields.TimeoutMs} must be a whole number of milliseconds, 1 to 9999999999.");
            return default;
        }
        var call = ServerCall.Of(exchange)!;
        call.Begin(clientTimeoutMs);
        if (!calls.TryEnter(call))
        {
            errors.RefuseUnrun(exchange, calls.IsStopping ? CallsInFlight.Stopping : "Too many requests are under way; try again.");
            return default;
        }
        watch.LookBy(call.Times.ClientDeadline);
        return RunAsync(call, exchange, cancellationToken);
    }

    private static bool TryGetClientTimeout(HeaderFields fields, out long? milliseconds)
    {
        const int maxDigits = 10;
        milliseconds = null;
        if (fields[HeaderFields.TimeoutMs] is not { } text)
            return true;
        if (text.Length > maxDigits || !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number == 0)
            return false;
        milliseconds = number;
        return true;
    }

    private ValueTask RunAsync(ServerCall call, HttpExchange exchange, CancellationToken cancellationToken)
    {
        var disconnect = cancellationToken.UnsafeRegister(static exchange => ((HttpExchange)exchange!).CancelCall(), exchange);
        ValueTask running;
        try
        {
            running = next(exchange, exchange.Cancellation);
        }
        catch (Exception e)
        {
            running = ValueTask.FromException(e);
        }
        // Nearly every call has ended by now and needs no async method, except one whose caller disconnects at this moment.
        if (!running.IsCompletedSuccessfully || cancellationToken.CanBeCanceled && !disconnect.Unregister())
            return AwaitAsync(running, disconnect, call, exchange);
        running.GetAwaiter().GetResult();
        End(call, exchange);
        return default;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask AwaitAsync(ValueTask running, CancellationTokenRegistration disconnect, ServerCall call, HttpExchange exchange)
    {
        try
        {
            await running.ConfigureAwait(false);
        }
        finally
        {
            await disconnect.DisposeAsync().ConfigureAwait(false);
            End(call, exchange);
        }
    }

    private void End(ServerCall call, HttpExchange exchange)
    {
        if (calls.IsDraining && !exchange.IsLost)
            exchange.CloseConnection = true;
        calls.Leave(call);
    }
}
