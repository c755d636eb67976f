namespace JsonRpcLite;

/// <summary>How far the reading of a body is that did not come together with its head.</summary>
internal enum BodyStage
{
    /// <summary>It has to be waited for.</summary>
    Awaited,

    /// <summary>More of it has come.</summary>
    Coming,

    /// <summary>All of it has come.</summary>
    Come,

    /// <summary>Nobody reads it any more, whether it has come or not.</summary>
    Left,
}
