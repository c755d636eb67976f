namespace JsonRpcLite;

/// <summary>The verdict on an attempt, with regard to another one.</summary>
internal enum AttemptVerdict
{
    /// <summary>The attempt has a result.</summary>
    Succeeded,

    /// <summary>The answer is final: another attempt would not change it, or must not be made.</summary>
    Final,

    /// <summary>The call was not sent: another attempt takes no token from the budget.</summary>
    Unsent,

    /// <summary>The attempt failed in a way that may be retried.</summary>
    Failed,

    /// <summary>The server still runs a call with the same key.</summary>
    Running,
}

/// <summary>The outcome of an attempt.</summary>
/// <param name="Verdict">The verdict.</param>
/// <param name="Wait">The wait that the server requests; <c>null</c> where it requests none.</param>
internal readonly record struct AttemptOutcome(AttemptVerdict Verdict, TimeSpan? Wait = null);
