namespace JsonRpcLite.Http11;

/// <summary>How the fields that go out differ from those the caller gave.</summary>
internal struct HeadPlan
{
    public bool DropContentLength;
    public bool DropTransferEncoding;
    public bool AddChunked;

    /// <summary>Says close, and takes keep-alive out of what the caller said.</summary>
    public bool AddClose;

    /// <summary>Whether the caller's fields go out as they stand.</summary>
    public readonly bool KeepsAll => !DropContentLength && !DropTransferEncoding && !AddClose;
}
