namespace JsonRpcLite;

/// <summary>The progress of reading a body that did not arrive together with its head.</summary>
internal enum BodyStage
{
    /// <summary>The server waits for the body.</summary>
    Awaited,

    /// <summary>More of the body has arrived.</summary>
    Coming,

    /// <summary>The whole body has arrived.</summary>
    Come,

    /// <summary>The reading has ended, whether or not the whole body has arrived.</summary>
    Left,
}
