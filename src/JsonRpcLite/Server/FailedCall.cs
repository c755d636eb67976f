using System.Net;

namespace JsonRpcLite;

/// <summary>What is known of a call that failed, for the report; nothing of it where the failure belongs to no call.</summary>
internal readonly record struct FailedCall
{
    public EndPoint? RemoteEndPoint { get; init; }

    /// <summary><c>null</c> for a plain call.</summary>
    public string? Method { get; init; }

    /// <summary>The JSON text of the id, cut.</summary>
    public string? RequestId { get; init; }

    /// <summary>The code that the caller gets.</summary>
    public int? Code { get; init; }

    /// <summary>The status that the caller gets.</summary>
    public int? StatusCode { get; init; }

    /// <summary>The time since its head came.</summary>
    public TimeSpan? Duration { get; init; }

    public string? TraceId { get; init; }

    /// <summary>Whether the caller may see the exception.</summary>
    public bool ShowsDetails { get; init; }
}
