using System.Threading.RateLimiting;
using JsonRpcLite;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds rate limits to sets of methods.</summary>
public static class JsonRpcRateLimitBuilderExtensions
{
    /// <summary>Limits the number of calls per second, or another period, of each caller to each method.</summary>
    /// <inheritdoc cref="JsonRpcRateLimitExtensions.UseRateLimits(JsonRpcMethods, IReadOnlyDictionary{string, JsonRpcRate}, TimeProvider?)" path="/remarks"/>
    /// <param name="builder">The set. Its clock is the service <see cref="TimeProvider"/> if there is one.</param>
    /// <param name="limits">Rates by the names of methods, which are copied. <c>*</c> applies to each method that is not named. Empty for no limit.</param>
    /// <returns>The set.</returns>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    public static IJsonRpcBuilder UseRateLimits(this IJsonRpcBuilder builder, IReadOnlyDictionary<string, JsonRpcRate> limits)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(limits);
        // An invalid limit is reported here, at the call that sets it.
        _ = new RateLimitTable(limits);
        var copy = limits.ToDictionary(StringComparer.Ordinal);
        return builder.AddMethods((methods, services) => methods.UseRateLimits(copy, services.GetService<TimeProvider>()));
    }

    /// <summary>Limits the number of calls of each caller to each method, as configured.</summary>
    /// <inheritdoc cref="JsonRpcRateLimitExtensions.UseRateLimits(JsonRpcMethods, IReadOnlyDictionary{string, JsonRpcRate}, TimeProvider?)" path="/remarks"/>
    /// <param name="builder">The set. Its clock is the service <see cref="TimeProvider"/> if there is one.</param>
    /// <param name="section">
    /// The section, with a key for each method, or <c>*</c>; it may be missing. A server of AddJsonRpcServer reads its own section, <see cref="JsonRpcHostOptions.RateLimits"/>,
    /// without this method.
    /// </param>
    /// <returns>The set.</returns>
    /// <exception cref="OptionsValidationException">A value is not a rate, such as 5, 0.5, 10/s, 5/min or 100/h; the message names its key.</exception>
    /// <example>
    /// <code>
    /// builder.Services.AddJsonRpc().AddMethods&lt;OrderMethods>("order.").UseRateLimits(builder.Configuration.GetSection("RateLimits"));
    /// </code>
    /// </example>
    public static IJsonRpcBuilder UseRateLimits(this IJsonRpcBuilder builder, IConfigurationSection section)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(section);
        var limits = new Dictionary<string, JsonRpcRate>(StringComparer.Ordinal);
        var failures = new List<string>();
        RateLimitSettings.Read(section, limits, failures);
        return failures.Count == 0 ? builder.UseRateLimits(limits) : throw new OptionsValidationException(builder.Name, typeof(JsonRpcRateLimitBuilderExtensions), failures);
    }

    /// <summary>Applies a rate limiter to each call.</summary>
    /// <inheritdoc cref="JsonRpcRateLimitExtensions.UseRateLimiter(JsonRpcMethods, PartitionedRateLimiter{JsonRpcCall})" path="/remarks"/>
    /// <param name="builder">The set.</param>
    /// <param name="limiter">The limiter, which is called from many threads at once.</param>
    /// <returns>The set.</returns>
    public static IJsonRpcBuilder UseRateLimiter(this IJsonRpcBuilder builder, PartitionedRateLimiter<JsonRpcCall> limiter)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentNullException.ThrowIfNull(limiter);
        return builder.AddMethods(methods => methods.UseRateLimiter(limiter));
    }
}
