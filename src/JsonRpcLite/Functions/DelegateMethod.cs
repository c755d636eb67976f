using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace JsonRpcLite;

/// <summary>A method made from any delegate, or from an object's method.</summary>
/// <remarks>The parameters of the call become the arguments of the function, and its return value, or the result of its task, becomes the result.</remarks>
internal sealed class DelegateMethod
{
    /// <summary>The object on which the method is invoked; <c>null</c> where each call has its own.</summary>
    private readonly object? _target;
    private readonly Func<JsonRpcCall, object>? _targetOf;
    private readonly MethodInvoker _invoker;
    private readonly ParameterBinder _binder;
    private readonly ReturnKind _returns;

    /// <summary>How progress is reported; <c>null</c> where the function reports none.</summary>
    private readonly ProgressKind? _progress;
    private readonly bool _isStreamOnly;

    /// <param name="target">The object on which the method is invoked; <c>null</c> where <paramref name="targetOf"/> returns it for each call.</param>
    /// <param name="targetOf">Returns the object for a call.</param>
    /// <param name="source">The user's method, for its attributes.</param>
    /// <param name="invoked">The method that is invoked: a delegate's own Invoke, or the user's method.</param>
    /// <param name="binder">Reads the parameters.</param>
    /// <param name="serializer">Writes the result.</param>
    private DelegateMethod(object? target, Func<JsonRpcCall, object>? targetOf, MethodInfo source, MethodInfo invoked, ParameterBinder binder, JsonRpcSerializer serializer)
    {
        (_target, _targetOf) = (target, targetOf);
        _isStreamOnly = JsonRpcMethodAttribute.IsStreamOnly(source);
        _invoker = MethodInvoker.Create(invoked);
        _binder = binder;
        _returns = ReturnKind.Of(invoked.ReturnType, serializer);
        _progress = ProgressKind.Of(invoked, serializer);
    }

    /// <summary>Rejects, at registration, a delegate that could never be called correctly.</summary>
    public static void Check(string name, Delegate function)
    {
        var given = InvokeOf(function).GetParameters().Length;
        if (function.Method.GetParameters().Length < given)
            throw new ArgumentException(
                $"The method '{name}' is an instance method without its instance. Register a delegate of an object's method, or use AddMethod.", nameof(function));
        AsyncVoid.Refuse(function, $"The method '{name}'", nameof(function));
        Check(name, function.Method, given, nameof(function));
    }

    /// <summary>Rejects, at registration, an object's method that could never be called correctly.</summary>
    public static void Check(string name, MethodInfo method)
    {
        if (method.IsStatic)
            throw new ArgumentException($"The method '{name}' is static: {method.DeclaringType}.{method.Name}. Register a delegate of it with Add.", nameof(method));
        if (method.ContainsGenericParameters)
            throw new ArgumentException($"The method '{name}' has type parameters, which a caller cannot specify: {method.DeclaringType}.{method.Name}.", nameof(method));
        AsyncVoid.Refuse(method, $"The method '{name}'", nameof(method));
        Check(name, method, method.GetParameters().Length, nameof(method));
    }

    private static void Check(string name, MethodInfo method, int given, string argument)
    {
        if (method.ReturnType.IsByRef || method.ReturnType.IsPointer || method.ReturnType.IsByRefLike)
            throw new ArgumentException($"The method '{name}' returns by reference, or returns a type that JSON cannot represent.", argument);
        if (Returned.ResultOf(method.ReturnType) is { } promised && Returned.ItemOf(promised) is not null)
            throw new ArgumentException(
                $"The method '{name}' returns a task of an IAsyncEnumerable. Return the IAsyncEnumerable itself, from an async method with 'yield return'.", argument);
        if (method.GetParameters().Count(p => FunctionParameter.IsProgressOf(p.ParameterType)) is var progresses && progresses > 1)
            throw new ArgumentException($"The method '{name}' has {progresses} parameters of the type IProgress. Declare at most one.", argument);
        if (progresses > 0 && Returned.ItemOf(method.ReturnType) is not null)
            throw new ArgumentException($"The method '{name}' returns a sequence and reports progress. Send the progress as items.", argument);
        foreach (var parameter in method.GetParameters())
        {
            if (parameter.Name is { } lost && lost.StartsWith("delegateArg", StringComparison.Ordinal)
                && int.TryParse(lost.AsSpan("delegateArg".Length), System.Globalization.NumberStyles.None, null, out _))
                throw new ArgumentException(
                    $"The method '{name}' has no parameter names, since an F# function loses them when it becomes a delegate without a lambda. Write the lambda: Func<_, _, _>(fun a b -> add a b).", argument);
            if (TypeRules.IsFSharp(parameter.ParameterType, "FSharpFunc`2"))
                throw new ArgumentException($"The parameter '{parameter.Name}' of the method '{name}' is an F# function, which JSON cannot represent.", argument);
            if (parameter.ParameterType == typeof(CancellationToken?))
                throw new ArgumentException(
                    $"The parameter '{parameter.Name}' of the method '{name}' is a CancellationToken?. Declare it as CancellationToken: it always gets a value.", argument);
            if (parameter.ParameterType.IsByRef || parameter.ParameterType.IsPointer || parameter.ParameterType.IsByRefLike)
                throw new ArgumentException($"The parameter '{parameter.Name}' of the method '{name}' is ref, out, in, or of a type that JSON cannot represent.", argument);
        }
        if (TypeRules.IsFSharp(Returned.ResultOf(method.ReturnType) ?? method.ReturnType, "FSharpFunc`2"))
            throw new ArgumentException(
                $"The method '{name}' returns a function, since it is curried and the delegate has only its first parameter. Write a delegate with all parameters: Func<_, _, _>(fun a b -> add a b).", argument);
        if (Returned.IsOtherWork(Returned.ResultOf(method.ReturnType) ?? method.ReturnType))
            throw new ArgumentException(
                $"The method '{name}' returns {method.ReturnType}, which is awaitable but not a Task: the library would not run it. Return a Task (F#: Async.StartAsTask, or task {{ }}).", argument);
        if (Returned.ResultOf(method.ReturnType) is { } result && Returned.IsTask(result))
            throw new ArgumentException($"The method '{name}' returns a task of a task. Await the inner one.", argument);
        if (FindSharedName(method.GetParameters()[^given..]) is { } shared)
            throw new ArgumentException($"Two parameters of the method '{name}' have the name '{shared}'. Give each a different name with [JsonRpcName].", argument);
    }

    /// <exception cref="NotSupportedException">A parameter or the result has no JSON contract.</exception>
    public static JsonRpcMethod Bind(string name, Delegate function, MethodBinding binding)
    {
        // Invoked through the delegate's own Invoke, which handles bound first arguments and combined targets.
        var invoke = InvokeOf(function);
        var isValue = invoke.ReturnType != typeof(void) && !Returned.IsTask(invoke.ReturnType) && Returned.ItemOf(invoke.ReturnType) is null;
        return Bind(name, function.Method, invoke, binding, binder =>
            (isValue ? TypedMethod.TryBind(function, binder, invoke.ReturnType, binding.Serializer) : null)
                ?? new DelegateMethod(function, targetOf: null, function.Method, invoke, binder, binding.Serializer).CallAsync);
    }

    /// <inheritdoc cref="Bind(string, Delegate, MethodBinding)"/>
    /// <param name="name">The method's name.</param>
    /// <param name="method">An object's method.</param>
    /// <param name="target">Returns the object for each call; called after its parameters were read.</param>
    /// <param name="binding">How values are read and written.</param>
    public static JsonRpcMethod Bind(string name, MethodInfo method, Func<JsonRpcCall, object> target, MethodBinding binding) =>
        Bind(name, method, method, binding, binder => new DelegateMethod(target: null, target, method, method, binder, binding.Serializer).CallAsync);

    public static MethodShape Describe(Delegate function, MethodBinding binding) => Describe(function.Method, InvokeOf(function), binding);

    public static MethodShape Describe(MethodInfo method, MethodBinding binding) => Describe(method, method, binding);

    private static JsonRpcMethod Bind(string name, MethodInfo source, MethodInfo invoked, MethodBinding binding, Func<ParameterBinder, JsonRpcMethod> make)
    {
        try
        {
            return make(BinderOf(source, invoked, binding));
        }
        catch (NotSupportedException e)
        {
            throw new NotSupportedException($"The method '{name}' cannot be called with JSON: {Sentence.Of(e.Message)}", e);
        }
    }

    private static MethodShape Describe(MethodInfo source, MethodInfo invoked, MethodBinding binding)
    {
        var serializer = binding.Serializer;
        var parameters = new List<ParameterShape>();
        foreach (var parameter in BinderOf(source, invoked, binding).Parameters)
        {
            if (parameter.IsValue)
                parameters.Add(parameter.Describe());
        }
        var item = Returned.ItemOf(invoked.ReturnType);
        var result = item ?? Returned.ResultOf(invoked.ReturnType) ?? invoked.ReturnType;
        var progress = invoked.GetParameters().Select(p => p.ParameterType).FirstOrDefault(FunctionParameter.IsProgressOf);
        var isNothing = result == typeof(void) || result == typeof(ValueTask) || typeof(Task).IsAssignableFrom(result);
        return new MethodShape
        {
            Parameters = parameters,
            Output = isNothing ? null : serializer.TypeOf(result),
            ReturnsNothing = isNothing,
            ReturnsSequence = item is not null,
            Progress = progress is null ? null : serializer.TypeOf(progress.GetGenericArguments()[0]),
            ReturnsNull = NullAnnotation.AllowsResult(source),
            Source = source,
        };
    }

    private ValueTask CallAsync(JsonRpcCall call, CancellationToken cancellationToken)
    {
        if (_progress is not null)
            return CallWithProgressAsync(call, _progress, cancellationToken);
        // The stream's permit is taken before the method runs.
        if (_returns.IsSequence)
            call.OpenStream(_isStreamOnly);
        var few = default(FewArguments);
        Span<object?> arguments = _binder.Count <= FewArguments.Length ? few : new object?[_binder.Count];
        arguments = arguments[.._binder.Count];
        _binder.Bind(call, arguments, reports: null, cancellationToken);
        return _returns.CompleteAsync(Invoke(call, arguments), call, cancellationToken);
    }

    private async ValueTask CallWithProgressAsync(JsonRpcCall call, ProgressKind progress, CancellationToken cancellationToken)
    {
        var arguments = new object?[_binder.Count];
        var reports = progress.MakeReports();
        _binder.Bind(call, arguments, reports, cancellationToken);
        object? returned = null;
        await progress.RunAsync(call, reports, RunAsync).ConfigureAwait(false);
        await _returns.CompleteAsync(returned, call, cancellationToken).ConfigureAwait(false);

        Task RunAsync()
        {
            returned = _returns.Settle(Invoke(call, arguments), out var done);
            return done;
        }
    }

    private object? Invoke(JsonRpcCall call, Span<object?> arguments)
    {
        var target = _target ?? _targetOf!(call)
            ?? throw new InvalidOperationException($"There is no object to call the method '{call.Method}' on: the function that returns it returned null.");
        try
        {
            return _invoker.Invoke(target, arguments);
        }
        catch (TargetInvocationException e) when (e.InnerException is { } thrown)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(thrown);
            throw;
        }
    }

    private static ParameterBinder BinderOf(MethodInfo source, MethodInfo invoked, MethodBinding binding)
    {
        var typed = invoked.GetParameters();
        return new ParameterBinder(source.GetParameters()[^typed.Length..], typed, binding);
    }

    /// <summary>Returns a name that an attribute gives to a parameter and that another parameter has too.</summary>
    /// <remarks>Without attributes, only discards share a name, <c>_</c>; they are passed by position.</remarks>
    private static string? FindSharedName(ParameterInfo[] parameters)
    {
        var values = parameters.Where(p => !FunctionParameter.IsFilledIn(p.ParameterType)).ToLookup(p => FunctionParameter.NameOf(p), StringComparer.Ordinal);
        return values.FirstOrDefault(same => same.Count() > 1 && same.Any(p => p.IsDefined(typeof(JsonRpcNameAttribute))))?.Key;
    }

    private static MethodInfo InvokeOf(Delegate function) => function.GetType().GetMethod("Invoke")!;

    [InlineArray(Length)]
    private struct FewArguments
    {
        public const int Length = 8;

        private object? _first;
    }

    /// <summary>The kind of a function's return value, and how it becomes the call's result.</summary>
    private abstract class ReturnKind
    {
        public virtual bool IsSequence => false;

        public abstract ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken);

        /// <summary>Splits the return value for a caller that waits before the result is written.</summary>
        /// <param name="returned">The function's return value.</param>
        /// <param name="done">Completes when the function has completed.</param>
        /// <returns>The value to pass to <see cref="CompleteAsync"/> then.</returns>
        public virtual object? Settle(object? returned, out Task done)
        {
            done = returned as Task ?? Task.CompletedTask;
            return returned;
        }

        [UnconditionalSuppressMessage("Trimming", "IL2077", Justification = "TaskOf and ValueTaskOf below have one constructor, which this file calls.")]
        [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "TaskOf and ValueTaskOf below have one constructor, which this file calls.")]
        [UnconditionalSuppressMessage(
            "AOT", "IL3050", Justification = "Without dynamic code, CreateInstance throws when the method is registered; AddHandler does not need it.")]
        public static ReturnKind Of(Type type, JsonRpcSerializer serializer)
        {
            if (type == typeof(void))
                return new Nothing();
            if (type == typeof(ValueTask))
                return new ValueTaskOfNothing();
            if (Returned.ItemOf(type) is { } item)
                return (ReturnKind)Activator.CreateInstance(typeof(SequenceOf<>).MakeGenericType(item), serializer.TypeOf(item))!;
            if (Returned.ResultOf(type) is not { } result)
                return typeof(Task).IsAssignableFrom(type) ? new TaskOfNothing() : new Value(serializer.TypeOf(type));
            var kind = type.IsValueType ? typeof(ValueTaskOf<>) : typeof(TaskOf<>);
            return (ReturnKind)Activator.CreateInstance(kind.MakeGenericType(result), serializer.TypeOf(result))!;
        }
    }

    private sealed class Nothing : ReturnKind
    {
        public override ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken) => default;
    }

    private sealed class TaskOfNothing : ReturnKind
    {
        public override ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken) => new((Task)returned!);
    }

    private sealed class ValueTaskOfNothing : ReturnKind
    {
        public override ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken) => (ValueTask)returned!;

        public override object? Settle(object? returned, out Task done) => new ValueTask(done = ((ValueTask)returned!).AsTask());
    }

    private sealed class Value(JsonTypeInfo type) : ReturnKind
    {
        private readonly bool _canHideTask = Returned.CanHideTask(type.Type);

        public override ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken)
        {
            if (_canHideTask)
                Returned.RefuseTask(returned);
            JsonSerializer.Serialize(call.Result, returned, type);
            return default;
        }
    }

    private sealed class TaskOf<T>(JsonTypeInfo type) : ReturnKind
    {
        private readonly ValueFormat<T> _format = new((JsonTypeInfo<T>)type);

        public override async ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken) =>
            _format.Write(call.Result, await ((Task<T>)returned!).ConfigureAwait(false));
    }

    private sealed class ValueTaskOf<T>(JsonTypeInfo type) : ReturnKind
    {
        private readonly ValueFormat<T> _format = new((JsonTypeInfo<T>)type);

        public override async ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken) =>
            _format.Write(call.Result, await ((ValueTask<T>)returned!).ConfigureAwait(false));

        public override object? Settle(object? returned, out Task done)
        {
            var task = ((ValueTask<T>)returned!).AsTask();
            done = task;
            return new ValueTask<T>(task);
        }
    }

    private sealed class SequenceOf<T>(JsonTypeInfo type) : ReturnKind
    {
        private readonly ValueFormat<T> _format = new((JsonTypeInfo<T>)type);

        public override bool IsSequence => true;

        public override ValueTask CompleteAsync(object? returned, JsonRpcCall call, CancellationToken cancellationToken) =>
            call.WriteItemsAsync((IAsyncEnumerable<T>?)returned
                ?? throw new InvalidOperationException($"The method '{call.Method}' returned null instead of a sequence."), _format, cancellationToken);
    }

    /// <summary>The type of a function's reports of progress.</summary>
    private abstract class ProgressKind
    {
        public abstract object MakeReports();

        public abstract ValueTask RunAsync(JsonRpcCall call, object reports, Func<Task> function);

        [UnconditionalSuppressMessage("Trimming", "IL2077", Justification = "ProgressOf below has one constructor, which this file calls.")]
        [UnconditionalSuppressMessage("Trimming", "IL2072", Justification = "ProgressOf below has one constructor, which this file calls.")]
        [UnconditionalSuppressMessage(
            "AOT", "IL3050", Justification = "Without dynamic code, CreateInstance throws when the method is registered; AddHandler does not need it.")]
        public static ProgressKind? Of(MethodInfo invoke, JsonRpcSerializer serializer)
        {
            if (invoke.GetParameters().Select(p => p.ParameterType).FirstOrDefault(FunctionParameter.IsProgressOf) is not { } type)
                return null;
            var value = type.GetGenericArguments()[0];
            return (ProgressKind)Activator.CreateInstance(typeof(ProgressOf<>).MakeGenericType(value), serializer.TypeOf(value))!;
        }
    }

    private sealed class ProgressOf<T>(JsonTypeInfo type) : ProgressKind
    {
        private readonly ValueFormat<T> _format = new((JsonTypeInfo<T>)type);

        public override object MakeReports() => new ProgressReports<T>();

        public override ValueTask RunAsync(JsonRpcCall call, object reports, Func<Task> function) => call.RunAsync((ProgressReports<T>)reports, _format, function);
    }
}
