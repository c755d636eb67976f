namespace JsonRpcLite;

/// <summary>What is kept with the exception of a failed call, in its data.</summary>
internal static class FailureMark
{
    private const string Unsent = "JsonRpcLite.Unsent";
    private const string Run = "JsonRpcLite.MayHaveRun";
    private const string Attempts = "JsonRpcLite.Attempts";

    /// <summary>Whether it is certain that no server has had the whole request.</summary>
    public static bool IsUnsent(Exception exception) => exception.Data[Unsent] is true;

    /// <summary>Whether another attempt of the same call may have run, whatever the last one says.</summary>
    public static bool MayHaveRun(Exception exception) => exception.Data[Run] is true;

    public static void SetMayHaveRun(Exception exception) => exception.Data[Run] = true;

    public static void SetUnsent(Exception exception) => exception.Data[Unsent] = true;

    /// <summary>How often the request was sent; 1 where nobody counted.</summary>
    public static int AttemptsOf(Exception exception) => exception.Data[Attempts] is int attempts ? attempts : 1;

    public static void SetAttempts(Exception exception, int attempts) => exception.Data[Attempts] = attempts;
}
