namespace JsonRpcLite.Tool;

/// <summary>What the program can do.</summary>
/// <param name="Name">The word behind <c>jsonrpc</c>.</param>
/// <param name="Summary">One line.</param>
/// <param name="Help">What <c>--help</c> prints.</param>
/// <param name="RunAsync">Gets the arguments behind the name, and returns the exit code.</param>
internal sealed record Command(string Name, string Summary, string Help, Func<string[], CancellationToken, Task<int>> RunAsync);
