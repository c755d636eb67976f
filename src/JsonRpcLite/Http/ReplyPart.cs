namespace JsonRpcLite;

/// <summary>The part of a reply that a transport is asked to send.</summary>
public enum ReplyPart
{
    /// <summary>The whole reply.</summary>
    Whole,

    /// <summary>The head and the first bytes of the body, which may be empty.</summary>
    /// <remarks>The length of the body is unknown.</remarks>
    First,

    /// <summary>More of the body, at least one byte.</summary>
    Next,

    /// <summary>The rest of the body, which may be empty, and its end.</summary>
    Last,
}
