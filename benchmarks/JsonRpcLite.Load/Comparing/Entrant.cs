namespace JsonRpcLite.Load;

/// <summary>One subject of a comparison, which runs for a time whenever it is called.</summary>
internal sealed record Entrant(string Title, Func<TimeSpan, Sample> Take);
