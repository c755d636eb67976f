namespace JsonRpcLite.Http11;

/// <summary>Checks that a request target of visible characters has a form that its method allows (RFC 9112 3.2).</summary>
internal static class TargetForm
{
    public static bool IsAllowed(KnownMethod method, ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty)
            return false;
        if (method == KnownMethod.Connect)
            return IsAuthority(target);
        // A fragment is never sent (RFC 9110 7.1), and recipients would interpret it differently.
        if (target.Contains((byte)'#'))
            return false;
        if (target[0] == '/')
            return true;
        if (target is [(byte)'*'])
            return method == KnownMethod.Options;
        return IsAbsolute(target);
    }

    // A server must reject an empty or invalid port (RFC 9110 9.3.6).
    private static bool IsAuthority(ReadOnlySpan<byte> target) =>
        HostSyntax.TrySplit(target, out var host, out var port) && !host.IsEmpty
        && IsPort(port);

    // scheme "://" authority, where the authority is not empty and has no user information (RFC 9110 4.2.1, 4.2.4). A scheme without authority, as in "urn:x", is not an HTTP
    // target; without this rule, "example.org:80" would pass for one.
    private static bool IsAbsolute(ReadOnlySpan<byte> target)
    {
        var colon = target.IndexOf("://"u8);
        if (colon < 1 || !char.IsAsciiLetter((char)target[0]))
            return false;
        foreach (var character in target[1..colon])
            if (!char.IsAsciiLetterOrDigit((char)character) && character is not ((byte)'+' or (byte)'-' or (byte)'.'))
                return false;
        var authority = target[(colon + 3)..];
        var end = authority.IndexOfAny("/?"u8);
        return HostSyntax.TrySplit(end < 0 ? authority : authority[..end], out var host, out var port) && !host.IsEmpty
            && (port.IsEmpty || IsPort(port));
    }

    private static bool IsPort(ReadOnlySpan<byte> port) => Digits.TryDecimal(port, out var number) && number is > 0 and <= ushort.MaxValue;
}
