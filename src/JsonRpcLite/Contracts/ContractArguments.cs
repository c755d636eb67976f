using System.ComponentModel;
using System.Runtime.CompilerServices;
using System.Text.Json;

namespace JsonRpcLite.CompilerServices;

/// <summary>One call of a contract's method: generated code reads the arguments, calls the service, and writes the result.</summary>
/// <remarks>
/// Arguments are read in the order of the parameters. Reading the last parameter checks that there are no further arguments. An argument is found by position in an array, and by
/// name in an object (JSON-RPC 2.0, 4.2). Nearly all callers send them in the order of the parameters, so that each is read where the one before ended. At the first argument out
/// of order, the positions of all remaining arguments are recorded, and they are read from there.
/// </remarks>
[EditorBrowsable(EditorBrowsableState.Never)]
public ref struct ContractArguments
{
    private readonly ContractBinding _binding;
    private readonly FunctionParameter[] _parameters;
    private readonly ParameterBinder _binder;
    private readonly ReadOnlySpan<byte> _text;
    private Utf8JsonReader _reader;

    /// <summary>The index of the parameter whose argument the reader is at; -1 at the end.</summary>
    private int _index;

    /// <summary>Whether the positions are recorded, because the arguments are not in order.</summary>
    private bool _isNoted;

    /// <summary>The position of each argument in the text, for the first parameters; 0 for a parameter without an argument.</summary>
    private FewIndices _few;

    /// <summary>The positions for all parameters, if there are more.</summary>
    private int[]? _more;

    /// <summary>The index of the parameter that is read next.</summary>
    private int _position;

    /// <exception cref="JsonRpcException">
    /// An object in the parameters has a member twice, a parameter does not exist, or there are too many parameters: -32602. Or the method answers only as a stream, which the
    /// caller does not accept.
    /// </exception>
    internal ContractArguments(JsonRpcCall call, ContractBinding binding, CancellationToken cancellationToken)
    {
        _binding = binding;
        _parameters = binding.Parameters;
        _binder = binding.Binder;
        Call = call;
        CancellationToken = cancellationToken;
        if (binding.Method.ReturnsItems)
            call.OpenStream(binding.Method.IsStreamOnly);
        _text = call.Parameters.Span;
        _index = -1;
        if (_text.IsEmpty)
            return;
        _reader = ParameterBinder.Open(_text);
        _index = _binder.Next(ref _reader, -1);
    }

    /// <summary>The call.</summary>
    public JsonRpcCall Call { get; }

    /// <summary>The cancellation token of the call.</summary>
    public CancellationToken CancellationToken { get; }

    /// <summary>Reads the argument of the next parameter, or its default if there is no argument.</summary>
    /// <typeparam name="T">The type of the parameter.</typeparam>
    /// <exception cref="JsonRpcException">The value does not fit, the parameter is required, or an argument has no parameter: -32602.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public T Read<T>()
    {
        var position = _position++;
        return Read((FunctionParameter<T>)_parameters[position], position);
    }

    /// <summary>Writes a result that is available.</summary>
    /// <param name="value">The result.</param>
    /// <typeparam name="T">Its type.</typeparam>
    public readonly ValueTask Write<T>(T value)
    {
        Result<T>().Write(Call.Result, value);
        return default;
    }

    /// <summary>Writes a result when its task completes.</summary>
    /// <param name="task">The task of the result.</param>
    /// <typeparam name="T">The type of the result.</typeparam>
    public readonly ValueTask WriteTask<T>(Task<T> task)
    {
        ArgumentNullException.ThrowIfNull(task);
        return WriteValueTask(new ValueTask<T>(task));
    }

    /// <inheritdoc cref="WriteTask"/>
    public readonly ValueTask WriteValueTask<T>(ValueTask<T> task) =>
        task.IsCompletedSuccessfully ? Write(task.Result) : AwaitAsync(Call, Result<T>(), task);

    /// <summary>Sends items to a caller that accepts a stream; any other caller gets them as a list.</summary>
    /// <param name="items">The items.</param>
    /// <typeparam name="T">The type of an item.</typeparam>
    public readonly ValueTask WriteItems<T>(IAsyncEnumerable<T> items) =>
        Call.WriteItemsAsync(items ?? throw new InvalidOperationException($"The method '{Call.Method}' returned null instead of a sequence."), Result<T>(), CancellationToken);

    /// <summary>Runs a method that reports its progress and returns nothing.</summary>
    /// <param name="function">Runs the method with the object that receives its reports.</param>
    /// <typeparam name="TProgress">The type of a report.</typeparam>
    public readonly ValueTask Run<TProgress>(Func<IProgress<TProgress>, Task> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        var reports = new ProgressReports<TProgress>();
        return Call.RunAsync(reports, Progress<TProgress>(), () => function(reports));
    }

    /// <summary>Runs a method that reports its progress, and writes its result.</summary>
    /// <param name="function">Runs the method with the object that receives its reports.</param>
    /// <typeparam name="TProgress">The type of a report.</typeparam>
    /// <typeparam name="TResult">The type of the result.</typeparam>
    public readonly ValueTask Run<TProgress, TResult>(Func<IProgress<TProgress>, Task<TResult>> function)
    {
        ArgumentNullException.ThrowIfNull(function);
        return RunAsync(Call, Progress<TProgress>(), Result<TResult>(), function);
    }

    /// <summary>Reads the argument of a parameter, after those of all parameters before it.</summary>
    private T Read<T>(FunctionParameter<T> parameter, int position)
    {
        if (_index == position && !_isNoted)
        {
            var value = parameter.Read(ref _reader, _text);
            _index = _binder.Next(ref _reader, position);
            // At the last parameter, a remaining argument belongs to one that was already read under a name in another case, or to none.
            if (_index >= 0 && _index <= position)
                NoteIndices();
            return value;
        }
        if (_index >= 0)
            NoteIndices();
        var start = !_isNoted ? 0 : position < FewIndices.Length ? _few[position] : _more![position];
        if (start == 0)
            return parameter.GetDefault();
        var text = _text[start..];
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonText.MaxRequestDepth });
        reader.Read();
        return parameter.Read(ref reader, text);
    }

    /// <summary>Records the positions of all remaining arguments.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void NoteIndices()
    {
        _isNoted = true;
        _more = _binder.Count > FewIndices.Length ? new int[_binder.Count] : null;
        while (_index >= 0)
        {
            if (_index < FewIndices.Length)
                _few[_index] = (int)_reader.TokenStartIndex;
            else
                _more![_index] = (int)_reader.TokenStartIndex;
            _reader.Skip();
            _index = _binder.Next(ref _reader, _index);
        }
    }

    private readonly ValueFormat<T> Result<T>() => ((ContractValue<T>)_binding.Result!).Format;

    private readonly ValueFormat<T> Progress<T>() => ((ContractValue<T>)_binding.Progress!).Format;

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private static async ValueTask AwaitAsync<T>(JsonRpcCall call, ValueFormat<T> format, ValueTask<T> task) => format.Write(call.Result, await task.ConfigureAwait(false));

    private static async ValueTask RunAsync<TProgress, TResult>(
        JsonRpcCall call, ValueFormat<TProgress> progress, ValueFormat<TResult> result, Func<IProgress<TProgress>, Task<TResult>> function)
    {
        var reports = new ProgressReports<TProgress>();
        Task<TResult>? running = null;
        await call.RunAsync(reports, progress, () => running = function(reports)).ConfigureAwait(false);
        var value = new ValueTask<TResult>(running!);
        result.Write(call.Result, await value.ConfigureAwait(false));
    }

    [InlineArray(Length)]
    private struct FewIndices
    {
        public const int Length = 8;

        private int _first;
    }
}
