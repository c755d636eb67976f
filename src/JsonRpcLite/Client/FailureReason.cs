namespace JsonRpcLite;

/// <summary>Describes why no reply arrived, for the message of the exception.</summary>
internal static class FailureReason
{
    /// <summary>The first bytes of a TLS alert (RFC 8446 5.1, 6), which a TLS server sends to a client that does not speak TLS.</summary>
    private const string Alert = "\x15\x03";

    private const int MostInnerExceptions = 8;

    /// <summary>Returns the exception's message, and for TLS failures the messages of its inner exceptions.</summary>
    /// <remarks>The reason why a certificate is not trusted is in an inner exception.</remarks>
    public static string Of(Exception exception)
    {
        // HttpClient's own message says only that an error occurred.
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

    /// <summary>Returns a question about the address's scheme if a wrong scheme explains the failure; otherwise an empty text.</summary>
    /// <param name="address">The address of the call.</param>
    /// <param name="failure">The transport's exception.</param>
    /// <param name="hasAnswered">Whether the address has replied before, which shows that the scheme is right.</param>
    public static string QuestionOfScheme(Uri address, Exception failure, bool hasAnswered)
    {
        if (hasAnswered)
            return "";
        var error = failure is HttpRequestException e ? e.HttpRequestError : HttpRequestError.ResponseEnded;
        return (address.Scheme, error) switch
        {
            // Only a server that speaks TLS presents a certificate.
            ("https", HttpRequestError.SecureConnectionError) when !Of(failure).Contains("certificate", StringComparison.OrdinalIgnoreCase) =>
                " Is the scheme right? For a server that does not speak TLS on this port, use http://.",
            ("http", HttpRequestError.ResponseEnded or HttpRequestError.Unknown) or ("http", HttpRequestError.InvalidResponse)
                when error is not HttpRequestError.InvalidResponse || IsAlert(failure) =>
                " Is the scheme right? For a server that speaks TLS on this port, use https://.",
            _ => "",
        };
    }

    /// <summary>Returns the exception, to be an inner one; <c>null</c> where its text contains user information.</summary>
    /// <remarks>A message may contain user information such as that of a proxy's address.</remarks>
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
