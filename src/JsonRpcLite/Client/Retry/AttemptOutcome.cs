namespace JsonRpcLite;

/// <summary>What an attempt has come to, as far as another one is concerned.</summary>
internal enum AttemptVerdict
{
    /// <summary>A result.</summary>
    Succeeded,

    /// <summary>An answer that another attempt would not change, or must not follow.</summary>
    Final,

    /// <summary>Nothing of the call has left, or could be reached: another attempt takes nothing from the budget.</summary>
    Unsent,

    /// <summary>It failed in a way that may be tried again.</summary>
    Failed,

    /// <summary>The same call still runs on the server, by its key.</summary>
    Running,
}

/// <summary>What an attempt has come to.</summary>
/// <param name="Verdict">What follows.</param>
/// <param name="Wait">How long the server asks to wait; <c>null</c> where it does not.</param>
internal readonly record struct AttemptOutcome(AttemptVerdict Verdict, TimeSpan? Wait = null);
