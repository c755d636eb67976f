using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace JsonRpcLite.Http11;

/// <summary>The parts of a request line (RFC 9112 3): method SP target SP version CRLF, with single spaces.</summary>
internal struct RequestLine
{
    private const ulong VersionPrefix = 0x002e_312f_5054_5448; // "HTTP/1.", with the digit masked out

    public int MethodLength;
    public int TargetLength;
    public int MinorVersion;
    public KnownMethod Method;

    public readonly int TargetStart => MethodLength + 1;

    /// <summary>Parses the line.</summary>
    /// <returns>The start of the next line; -1 for a line that is malformed or incomplete.</returns>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int TryTake(ReadOnlySpan<byte> bytes, out RequestLine line)
    {
        line = default;
        line.MethodLength = ByteScan.Token(bytes);
        var targetStart = line.MethodLength + 1;
        if (line.MethodLength == 0 || targetStart >= bytes.Length || bytes[line.MethodLength] != ' ')
            return -1;
        line.TargetLength = ByteScan.Visible(bytes[targetStart..]);
        var versionStart = targetStart + line.TargetLength + 1;
        if (versionStart + 10 > bytes.Length || bytes[versionStart - 1] != ' ')
            return -1;

        var version = bytes.Slice(versionStart, 10);
        line.MinorVersion = version[7] - '0';
        if ((BinaryPrimitives.ReadUInt64LittleEndian(version) & 0x00ff_ffff_ffff_ffff) != VersionPrefix
            || (uint)line.MinorVersion > 9 || version[8] != '\r' || version[9] != '\n')
            return -1;

        line.Method = KnownMethods.Of(bytes[..line.MethodLength]);
        return TargetForm.IsAllowed(line.Method, bytes.Slice(targetStart, line.TargetLength)) ? versionStart + 10 : -1;
    }

    /// <summary>Whether a request can begin with the byte.</summary>
    /// <remarks>If it cannot, as with a TLS handshake, the peer speaks another protocol.</remarks>
    public static bool CanBegin(byte first) => ByteScan.IsToken(first);

    public static RemoteProtocolException RefuseBeginning() =>
        new("A request must begin with a method (RFC 9112 3); this looks like another protocol.");

    /// <summary>The error in a complete line, including its LF, that <see cref="TryTake"/> did not take.</summary>
    public static RemoteProtocolException Refuse(ReadOnlySpan<byte> line)
    {
        if (!CanBegin(line[0]))
            return RefuseBeginning();
        if (line.Length < 2 || line[^2] != '\r')
            return new RemoteProtocolException("The request line ends without CRLF (RFC 9112 2.2).");
        line = line[..^2];

        var method = ByteScan.Token(line);
        if (method == 0 || method == line.Length || line[method] != ' ')
            return new RemoteProtocolException("A request line must begin with a method and one space (RFC 9112 3).");
        var rest = line[(method + 1)..];
        var target = ByteScan.Visible(rest);
        if (target == 0 || target == rest.Length || rest[target] != ' ')
            return new RemoteProtocolException("A request line must have a target of visible characters between single spaces (RFC 9112 3).");
        var version = rest[(target + 1)..];
        var isVersion = version.Length == 8 && version.StartsWith("HTTP/"u8)
            && char.IsAsciiDigit((char)version[5]) && version[6] == '.' && char.IsAsciiDigit((char)version[7]);
        if (!isVersion)
            return new RemoteProtocolException("A request line must end with HTTP/ and a version of two digits and a dot (RFC 9112 2.3).");
        if (version[5] != '1')
            return new RemoteProtocolException("Only HTTP/1.x is supported (RFC 9110 2.5).", 505);
        return new RemoteProtocolException("The request target has a form that its method does not allow, or a fragment (RFC 9112 3.2).");
    }
}
