namespace JsonRpcLite.Load;

/// <summary>One that is compared: takes its turn of a time, as often as it is asked to.</summary>
internal sealed record Entrant(string Title, Func<TimeSpan, Sample> Take);
