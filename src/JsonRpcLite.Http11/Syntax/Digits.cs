using System.Globalization;

namespace JsonRpcLite.Http11;

/// <summary>Parses and writes lengths in HTTP's format: digits only, below 2^63.</summary>
/// <remarks>The framework's number parsers also accept signs, prefixes or white space. A length that two recipients read differently enables request smuggling.</remarks>
internal static class Digits
{
    /// <summary>Parses 1*DIGIT (RFC 9110 8.6).</summary>
    public static bool TryDecimal(ReadOnlySpan<byte> text, out long value)
    {
        value = 0;
        if (text.IsEmpty)
            return false;
        ulong sum = 0;
        foreach (var character in text)
        {
            var digit = (uint)(character - '0');
            if (digit > 9 || sum > ((ulong)long.MaxValue - digit) / 10)
                return false;
            sum = (sum * 10) + digit;
        }
        value = (long)sum;
        return true;
    }

    /// <summary>The number of digits at the beginning of a text.</summary>
    public static int Run(ReadOnlySpan<byte> text)
    {
        var length = 0;
        while (length < text.Length && text[length] is >= (byte)'0' and <= (byte)'9')
            length++;
        return length;
    }

    /// <summary>The value of a HEXDIG, or -1.</summary>
    public static int Hex(byte character)
    {
        var digit = character - '0';
        if ((uint)digit <= 9)
            return digit;
        var letter = (character | 0x20) - 'a';
        return (uint)letter <= 5 ? letter + 10 : -1;
    }

    public static int Write(long value, Span<byte> destination)
    {
        value.TryFormat(destination, out var written, default, CultureInfo.InvariantCulture);
        return written;
    }

    public static int WriteHex(long value, Span<byte> destination)
    {
        value.TryFormat(destination, out var written, "x", CultureInfo.InvariantCulture);
        return written;
    }
}
