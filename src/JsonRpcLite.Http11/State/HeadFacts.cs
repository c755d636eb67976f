namespace JsonRpcLite.Http11;

/// <summary>What a head means for the connection, whoever sent it.</summary>
internal struct HeadFacts
{
    /// <summary>The request's method.</summary>
    public KnownMethod Method;

    /// <summary>The response's status.</summary>
    public int Status;

    /// <summary>The second digit of the version.</summary>
    public int MinorVersion;

    /// <summary>Whether Connection says close.</summary>
    public bool SaysClose;

    /// <summary>Whether Connection says upgrade.</summary>
    public bool SaysUpgrade;

    /// <summary>Whether a request offers to change to another protocol by Upgrade.</summary>
    public bool OffersUpgrade;

    /// <summary>Whether the client waits for a 100 before it sends its body.</summary>
    public bool ExpectsContinue;

    public BodyFraming Framing;

    /// <summary>The length of the body, where its framing is by length.</summary>
    public long Length;

    /// <summary>What the Content-Length field says, or -1. With HEAD and 304 it is not the length of this body.</summary>
    public long ContentLength;
}
