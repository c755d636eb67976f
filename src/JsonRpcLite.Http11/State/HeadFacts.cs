namespace JsonRpcLite.Http11;

/// <summary>The meaning of a head for the connection, for either sender.</summary>
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

    /// <summary>Whether a request offers another protocol by Upgrade.</summary>
    public bool OffersUpgrade;

    /// <summary>Whether the client waits for a 100 before it sends its body.</summary>
    public bool ExpectsContinue;

    public BodyFraming Framing;

    /// <summary>The length of the body, if it is framed by length.</summary>
    public long Length;

    /// <summary>The value of Content-Length; -1 if there is none.</summary>
    /// <remarks>With HEAD and 304 it is not the length of this body.</remarks>
    public long ContentLength;
}
