using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>The fast path for the most frequent functions: up to three plain parameters, and a synchronous result.</summary>
/// <remarks>Nothing is boxed, and nothing is invoked by reflection. Functions with fewer parameters use <see cref="NoParameter"/> for the others.</remarks>
internal sealed class TypedMethod<T1, T2, T3, TResult>
{
    private readonly Func<T1, T2, T3, TResult> _function;
    private readonly ParameterBinder _binder;
    private readonly FunctionParameter<T1>? _first;
    private readonly FunctionParameter<T2>? _second;
    private readonly FunctionParameter<T3>? _third;
    private readonly ValueFormat<TResult> _result;

    public TypedMethod(Func<T1, T2, T3, TResult> function, ParameterBinder binder, JsonTypeInfo<TResult> result)
    {
        _function = function;
        _binder = binder;
        var parameters = binder.Parameters;
        _first = parameters.Length > 0 ? (FunctionParameter<T1>)parameters[0] : null;
        _second = parameters.Length > 1 ? (FunctionParameter<T2>)parameters[1] : null;
        _third = parameters.Length > 2 ? (FunctionParameter<T3>)parameters[2] : null;
        _result = new ValueFormat<TResult>(result);
    }

    public ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        var (first, second, third) = (default(T1)!, default(T2)!, default(T3)!);
        var (hasFirst, hasSecond, hasThird) = (_first is null, _second is null, _third is null);
        var text = call.Parameters.Span;
        if (!text.IsEmpty)
        {
            var reader = ParameterBinder.Open(text);
            for (var index = _binder.Next(ref reader, -1); index >= 0; index = _binder.Next(ref reader, index))
            {
                if (index == 0)
                    (first, hasFirst) = (_first!.Read(ref reader, text), true);
                else if (index == 1)
                    (second, hasSecond) = (_second!.Read(ref reader, text), true);
                else
                    (third, hasThird) = (_third!.Read(ref reader, text), true);
            }
        }
        if (!hasFirst)
            first = _first!.GetDefault();
        if (!hasSecond)
            second = _second!.GetDefault();
        if (!hasThird)
            third = _third!.GetDefault();
        _result.Write(call.Result, _function(first, second, third));
        return default;
    }
}

/// <summary>Stands for a parameter that the function does not have.</summary>
internal readonly struct NoParameter;

/// <summary>Determines whether a function can use the fast path.</summary>
internal static class TypedMethod
{
    /// <summary>Returns the method, or <c>null</c> where the function needs the general path.</summary>
    [UnconditionalSuppressMessage("Trimming", "IL2060", Justification = "The generic methods below have no requirements for their types.")]
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "Guarded by IsDynamicCodeSupported.")]
    public static JsonRpcMethod? TryBind(Delegate function, ParameterBinder binder, Type result, JsonRpcSerializer serializer)
    {
        var type = function.GetType();
        if (!RuntimeFeature.IsDynamicCodeSupported || !type.IsGenericType || type.Assembly != typeof(Func<>).Assembly)
            return null;
        foreach (var parameter in binder.Parameters)
        {
            if (!parameter.IsValue)
                return null;
        }
        var definition = type.GetGenericTypeDefinition();
        var name = definition == typeof(Func<,>) ? nameof(BindOne) : definition == typeof(Func<,,>) ? nameof(BindTwo) : definition == typeof(Func<,,,>) ? nameof(BindThree) : null;
        if (name is null)
            return null;
        var bind = typeof(TypedMethod).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(type.GetGenericArguments());
        return (JsonRpcMethod)bind.Invoke(null, [function, binder, serializer.TypeOf(result)])!;
    }

    private static JsonRpcMethod BindOne<T1, TResult>(Func<T1, TResult> function, ParameterBinder binder, JsonTypeInfo result) =>
        new TypedMethod<T1, NoParameter, NoParameter, TResult>((first, _, _) => function(first), binder, (JsonTypeInfo<TResult>)result).CallAsync;

    private static JsonRpcMethod BindTwo<T1, T2, TResult>(Func<T1, T2, TResult> function, ParameterBinder binder, JsonTypeInfo result) =>
        new TypedMethod<T1, T2, NoParameter, TResult>((first, second, _) => function(first, second), binder, (JsonTypeInfo<TResult>)result).CallAsync;

    private static JsonRpcMethod BindThree<T1, T2, T3, TResult>(Func<T1, T2, T3, TResult> function, ParameterBinder binder, JsonTypeInfo result) =>
        new TypedMethod<T1, T2, T3, TResult>(function, binder, (JsonTypeInfo<TResult>)result).CallAsync;
}
