using BenchmarkDotNet.Attributes;

namespace JsonRpcLite.Benchmarks;

/// <summary>
/// <see cref="DispatchCalls"/> one after another; to compare them where the machine's speed changes, let them take turns: <c>benchmarks/JsonRpcLite.Load -- dispatch</c>.
/// </summary>
[MemoryDiagnoser]
[ShortRunJob]
public class DispatchBenchmarks
{
    private Func<int> _run = null!;

    [ParamsSource(nameof(Names))]
    public string Call { get; set; } = "";

    public static IEnumerable<string> Names => new DispatchCalls().All.Select(call => call.Name);

    [GlobalSetup]
    public void Setup() => _run = new DispatchCalls().All.Single(call => call.Name == Call).Call;

    [Benchmark]
    public int Dispatch() => _run();
}
