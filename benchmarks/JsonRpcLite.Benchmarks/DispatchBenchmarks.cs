using BenchmarkDotNet.Attributes;

namespace JsonRpcLite.Benchmarks;

/// <summary>Measures the <see cref="DispatchCalls"/> one after another.</summary>
/// <remarks>If the machine's speed varies, compare them alternately: <c>benchmarks/JsonRpcLite.Load -- dispatch</c>.</remarks>
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
