namespace JsonRpcLite.Http11;

/// <summary>The differences between the fields that are sent and those of the caller.</summary>
internal struct HeadPlan
{
    public bool DropContentLength;
    public bool DropTransferEncoding;
    public bool AddChunked;

    /// <summary>Adds close, and removes keep-alive from the caller's Connection.</summary>
    public bool AddClose;

    /// <summary>Whether the caller's fields are sent unchanged.</summary>
    public readonly bool KeepsAll => !DropContentLength && !DropTransferEncoding && !AddClose;
}
