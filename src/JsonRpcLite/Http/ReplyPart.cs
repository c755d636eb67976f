namespace JsonRpcLite;

/// <summary>Which part of a reply a transport is given to send.</summary>
public enum ReplyPart
{
    /// <summary>All of it.</summary>
    Whole,

    /// <summary>The head and the first bytes of the body, which may be none. The length of the body is not known.</summary>
    First,

    /// <summary>More of the body, at least a byte.</summary>
    Next,

    /// <summary>What is left of the body, which may be nothing, and its end.</summary>
    Last,
}
