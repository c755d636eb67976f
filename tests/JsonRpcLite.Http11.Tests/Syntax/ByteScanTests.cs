namespace JsonRpcLite.Http11.Tests;

/// <summary>The vectorized scans agree with the definition, for each byte at each position.</summary>
public class ByteScanTests
{
    private const string TokenPunctuation = "!#$%&'*+-.^_`|~";

    [Fact]
    public void A_token_ends_at_the_first_byte_that_is_not_a_tchar() =>
        Check(ByteScanToken, b => char.IsAsciiLetterOrDigit((char)b) || TokenPunctuation.Contains((char)b, StringComparison.Ordinal), (byte)'a');

    [Fact]
    public void The_name_of_a_host_ends_at_the_first_byte_that_is_neither_unreserved_nor_a_sub_delimiter() =>
        Check(ByteScanHostName, b => char.IsAsciiLetterOrDigit((char)b) || "-._~!$&'()*+,;=".Contains((char)b, StringComparison.Ordinal), (byte)'a');

    [Fact]
    public void Field_content_ends_at_the_first_control_byte_but_tab() =>
        Check(ByteScanContent, b => b is >= 0x20 and not 0x7f or (byte)'\t', (byte)' ');

    [Fact]
    public void Visible_bytes_end_at_the_first_that_is_not() => Check(ByteScanVisible, b => b is > 0x20 and < 0x7f, (byte)'/');

    private static int ByteScanToken(byte[] bytes) => ByteScan.Token(bytes);

    private static int ByteScanHostName(byte[] bytes) => ByteScan.HostName(bytes);

    private static int ByteScanContent(byte[] bytes) => ByteScan.FieldContent(bytes);

    private static int ByteScanVisible(byte[] bytes) => ByteScan.Visible(bytes);

    private static void Check(Func<byte[], int> scan, Func<byte, bool> belongs, byte filler)
    {
        for (var length = 0; length <= 70; length++)
        {
            var bytes = Enumerable.Repeat(filler, length).ToArray();
            scan(bytes).Should().Be(length);
            for (var place = 0; place < length; place++)
            {
                for (var value = 0; value < 256; value++)
                {
                    bytes[place] = (byte)value;
                    if (scan(bytes) != (belongs((byte)value) ? length : place))
                        scan(bytes).Should().Be(belongs((byte)value) ? length : place, "byte {0} is at {1} of {2}", value, place, length);
                }
                bytes[place] = filler;
            }
        }
    }
}
