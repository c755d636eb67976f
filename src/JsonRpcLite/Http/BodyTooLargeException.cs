namespace JsonRpcLite;

/// <summary>The exception for a body that exceeds the limit of the <see cref="BodyBuffer"/> it is written to.</summary>
public sealed class BodyTooLargeException : IOException
{
    /// <summary>Creates an exception with the limit in bytes.</summary>
    public BodyTooLargeException(int maxLength)
        : base($"The body is larger than the limit of {maxLength} bytes.") => MaxLength = maxLength;

    /// <summary>The limit in bytes.</summary>
    public int MaxLength { get; }
}
