namespace JsonRpcLite;

/// <summary>Why no reply came, in words that stand in the one message that people read.</summary>
internal static class FailureReason
{
    /// <summary>The first bytes of an alert of TLS (RFC 8446 5.1, 6), which a server sends that was spoken to without.</summary>
    private const string Alert = "\x15\x03";

    private const int MostInnerExceptions = 8;

    /// <summary>What the exception says, and what those inside of it add where TLS failed: the reason of a certificate that is not trusted lies there.</summary>
    public static string Of(Exception exception)
    {
        // HttpClient says only that an error occurred.
        if (exception is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded, InnerException: HttpIOException })
            return "The connection ended before a reply came.";
        var reason = exception.Message;
        if (exception is not HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError })
            return UserInformation.RemoveFrom(reason);
        reason = reason.Replace(", see inner exception", "", StringComparison.Ordinal);
        foreach (var inner in InnerExceptions(exception))
        {
            var more = inner.Message.Replace(", see inner exception", "", StringComparison.Ordinal);
            if (!reason.Contains(more, StringComparison.Ordinal))
                reason = $"{reason} {more}";
        }
        return UserInformation.RemoveFrom(reason);
    }

    /// <summary>Asks whether the scheme of the address is right, where that explains the failure; else empty.</summary>
    /// <param name="address">Where the call went.</param>
    /// <param name="failure">What the transport said.</param>
    /// <param name="hasAnswered">Whether a reply has come from the address before: then the scheme is right.</param>
    public static string QuestionOfScheme(Uri address, Exception failure, bool hasAnswered)
    {
        if (hasAnswered)
            return "";
        var error = failure is HttpRequestException e ? e.HttpRequestError : HttpRequestError.ResponseEnded;
        return (address.Scheme, error) switch
        {
            // A certificate is only shown by a server that speaks TLS.
            ("https", HttpRequestError.SecureConnectionError) when !Of(failure).Contains("certificate", StringComparison.OrdinalIgnoreCase) =>
                " Is the scheme right? A server that does not speak TLS on this port is called by http://.",
            ("http", HttpRequestError.ResponseEnded or HttpRequestError.Unknown) or ("http", HttpRequestError.InvalidResponse)
                when error is not HttpRequestError.InvalidResponse || IsAlert(failure) =>
                " Is the scheme right? A server that speaks TLS on this port is called by https://.",
            _ => "",
        };
    }

    /// <summary>The exception, for the next one to hold; <c>null</c> where its text shows user information, such as that of a proxy's address.</summary>
    public static Exception? WithoutUserInformation(Exception exception) =>
        InnerExceptions(exception).Prepend(exception).Any(e => UserInformation.RemoveFrom(e.Message).Length != e.Message.Length) ? null : exception;

    private static bool IsAlert(Exception failure) => failure.Message.Contains(Alert, StringComparison.Ordinal);

    private static IEnumerable<Exception> InnerExceptions(Exception exception)
    {
        var inner = exception.InnerException;
        for (var i = 0; i < MostInnerExceptions && inner is not null; i++, inner = inner.InnerException)
            yield return inner;
    }
}
