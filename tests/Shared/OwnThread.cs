namespace JsonRpcLite.Tests;

/// <summary>Runs blocking code on a separate thread: on the pool it would occupy one of the few threads that the other side of the call, and every other test, needs.</summary>
internal static class OwnThread
{
    public static Task<T> Run<T>(Func<T> function) => Task.Factory.StartNew(function, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public static Task Run(Action action) => Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
}
