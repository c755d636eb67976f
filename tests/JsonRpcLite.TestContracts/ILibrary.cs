namespace JsonRpcLite.TestContracts;

/// <summary>A contract most of whose methods change nothing.</summary>
[JsonRpcContract]
public partial interface ILibrary
{
    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe, MaxAge = 60, AllowSharedCache = true)]
    Task<string?> FindAsync(string title);

    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)]
    int Count(string shelf = "all");

    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)]
    IAsyncEnumerable<string> ListAsync(CancellationToken cancellationToken = default);

    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Safe)]
    [JsonRpcNotification]
    Task LookAsync(string title);

    [JsonRpcMethod(Idempotency = JsonRpcIdempotency.Idempotent)]
    Task PutAsync(string title);

    Task<int> LendAsync(string title);
}
