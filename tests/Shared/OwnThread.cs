namespace JsonRpcLite.Tests;

/// <summary>Runs what blocks on a thread of its own: in the pool it would take one of the few that the other side of the call, and every other test, needs to go on.</summary>
internal static class OwnThread
{
    public static Task<T> Run<T>(Func<T> function) => Task.Factory.StartNew(function, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task Run(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
