using System.Text;

namespace JsonRpcLite.Http11.Tests;

public class SyntaxTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("00042", 42)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void A_length_is_digits(string text, long value)
    {
        Digits.TryDecimal(Encoding.ASCII.GetBytes(text), out var read).Should().BeTrue();
        read.Should().Be(value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData(" 1")]
    [InlineData("1 ")]
    [InlineData("1,1")]
    [InlineData("0x1")]
    [InlineData("9223372036854775808")]
    [InlineData("18446744073709551617")]
    [InlineData("99999999999999999999999999")]
    public void Anything_else_is_not_a_length(string text) => Digits.TryDecimal(Encoding.ASCII.GetBytes(text), out _).Should().BeFalse();

    [Theory]
    [InlineData("", true)]
    [InlineData("a", true)]
    [InlineData("a-b.example:80", true)]
    [InlineData("a:", true)]
    [InlineData("%41b", true)]
    [InlineData("a%41", true)]
    [InlineData("a%4", false)]
    [InlineData("a%zz", false)]
    [InlineData("[::1]", true)]
    [InlineData("[::1]:1", true)]
    [InlineData("[v1.x:y]", true)]
    [InlineData("[v1.]", false)]
    [InlineData("[::1", false)]
    [InlineData("[::1]x", false)]
    [InlineData("[::1%25eth0]", false)]
    [InlineData("[12]", false)]
    [InlineData("[]", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("user@a", false)]
    [InlineData("a:8o", false)]
    [InlineData("a:1:2", false)]
    [InlineData("::1", false)]
    public void A_host_is_a_name_or_an_address_with_an_optional_port(string text, bool isValid) =>
        HostSyntax.IsValid(Encoding.Latin1.GetBytes(text)).Should().Be(isValid);

    [Theory]
    [InlineData("GET", "/", true)]
    [InlineData("GET", "/a?b", true)]
    [InlineData("GET", "*", false)]
    [InlineData("OPTIONS", "*", true)]
    [InlineData("OPTIONS", "/", true)]
    [InlineData("GET", "http://a/b", true)]
    [InlineData("GET", "http://a", true)]
    [InlineData("GET", "http:///b", false)]
    [InlineData("GET", "http://u@a/", false)]
    [InlineData("GET", "1tp://a/", false)]
    [InlineData("GET", "urn:x", false)]
    [InlineData("GET", "a", false)]
    [InlineData("GET", "a:80", false)]
    [InlineData("GET", "", false)]
    [InlineData("CONNECT", "a:80", true)]
    [InlineData("CONNECT", "[::1]:80", true)]
    [InlineData("CONNECT", "a", false)]
    [InlineData("CONNECT", "a:", false)]
    [InlineData("CONNECT", "a:0", false)]
    [InlineData("CONNECT", "a:65536", false)]
    [InlineData("CONNECT", ":80", false)]
    [InlineData("CONNECT", "/", false)]
    public void A_target_has_a_form_that_its_method_allows(string method, string target, bool isAllowed) =>
        TargetForm.IsAllowed(KnownMethods.Of(Encoding.ASCII.GetBytes(method)), Encoding.ASCII.GetBytes(target)).Should().Be(isAllowed);

    [Theory]
    [InlineData("0", 0)]
    [InlineData("aF", 0xaf)]
    [InlineData("7fffffffffffffff", long.MaxValue)]
    [InlineData("00000000000000000001", 1)]
    [InlineData("8000000000000000", -2)]
    [InlineData("", -1)]
    [InlineData("g", -1)]
    [InlineData("1 ", -1)]
    [InlineData("1 ;a", 1)]
    [InlineData("1;a=b;c=\"d;e\"", 1)]
    [InlineData("1; a = b", 1)]
    [InlineData("1;a=\"\\\"\"", 1)]
    [InlineData("1;a=\"", -1)]
    [InlineData("1;a=\"\\\"", -1)]
    [InlineData("1;a=", -1)]
    [InlineData("1;=a", -1)]
    [InlineData("1;", -1)]
    [InlineData("1;a b", -1)]
    [InlineData("1;a=\"b\u0001\"", -1)]
    public void A_chunk_line_is_a_size_and_extensions(string line, long size) => ChunkLine.Parse(Encoding.Latin1.GetBytes(line)).Should().Be(size);

    [Theory]
    [InlineData("close", true)]
    [InlineData("CLOSE", true)]
    [InlineData(" ,, close ,", true)]
    [InlineData("a,close", true)]
    [InlineData("closed", false)]
    [InlineData("a close", false)]
    [InlineData("", false)]
    public void A_list_names_a_token_or_not(string list, bool names) => TokenList.Contains(Encoding.ASCII.GetBytes(list), "close"u8).Should().Be(names);

    [Fact]
    public void Known_fields_are_known_in_any_case_and_no_other_name_is()
    {
        foreach (var (name, known) in new[]
        {
            ("host", KnownField.Host), ("expect", KnownField.Expect), ("upgrade", KnownField.Upgrade), ("connection", KnownField.Connection),
            ("content-length", KnownField.ContentLength), ("transfer-encoding", KnownField.TransferEncoding),
        })
        {
            KnownFields.Of(Encoding.ASCII.GetBytes(name)).Should().Be(known);
            KnownFields.Of(Encoding.ASCII.GetBytes(name.ToUpperInvariant())).Should().Be(known);
            for (var place = 0; place < name.Length; place++)
            {
                for (var value = 0; value < 128; value++)
                {
                    var other = Encoding.ASCII.GetBytes(name);
                    other[place] = (byte)value;
                    if (!ByteScan.IsToken((byte)value))
                        continue;
                    var isSame = char.ToLowerInvariant((char)value) == name[place];
                    KnownFields.Of(other).Should().Be(isSame ? known : KnownField.Other);
                }
            }
        }
    }
}
