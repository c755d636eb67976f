namespace JsonRpcLite;

/// <summary>Marks on the exception of a failed call, stored in its <see cref="Exception.Data"/>.</summary>
internal static class FailureMark
{
    private const string Unsent = "JsonRpcLite.Unsent";
    private const string Run = "JsonRpcLite.MayHaveRun";
    private const string Attempts = "JsonRpcLite.Attempts";

    /// <summary>Whether it is certain that no server has received the whole request.</summary>
    public static bool IsUnsent(Exception exception) => exception.Data[Unsent] is true;

    /// <summary>Whether an earlier attempt of the same call may have run, regardless of the last one.</summary>
    public static bool MayHaveRun(Exception exception) => exception.Data[Run] is true;

    public static void SetMayHaveRun(Exception exception) => exception.Data[Run] = true;

    public static void SetUnsent(Exception exception) => exception.Data[Unsent] = true;

    /// <summary>The number of times that the request was sent; 1 where it was not counted.</summary>
    public static int AttemptsOf(Exception exception) => exception.Data[Attempts] is int attempts ? attempts : 1;

    public static void SetAttempts(Exception exception, int attempts) => exception.Data[Attempts] = attempts;
}
