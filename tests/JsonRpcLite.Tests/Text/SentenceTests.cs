using System.Text.RegularExpressions;

namespace JsonRpcLite.Tests;

public partial class SentenceTests
{
    [Theory]
    [InlineData("Address already in use", "Address already in use.")]
    [InlineData("Address already in use.", "Address already in use.")]
    [InlineData("Address already in use. ", "Address already in use.")]
    [InlineData("Broken pipe. .\r\n", "Broken pipe.")]
    [InlineData("Really?", "Really?")]
    public void Another_exceptions_message_ends_with_one_full_stop(string message, string sentence) => Sentence.Of(message).Should().Be(sentence);

    /// <summary>A message that continues after another exception's message, or ends with it, embeds it as a sentence.</summary>
    [Fact]
    public void No_message_embeds_another_one_as_it_is()
    {
        var sources = Path.GetFullPath(Path.Combine(ThisFile(), "../../../../src"));
        var files = Directory.GetFiles(sources, "*.cs", SearchOption.AllDirectories).Where(path => !path.Contains("/obj/", StringComparison.Ordinal)).ToList();

        files.Should().HaveCountGreaterThan(100);
        files.SelectMany(File.ReadLines).Where(line => Embedded().IsMatch(line)).Should().BeEmpty();
    }

    private static string ThisFile([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;

    /// <summary>The message of the engine's own exceptions, which are sentences already, may be embedded unchanged; and so may one before text in brackets.</summary>
    [GeneratedRegex(@"\{(?!_breach)[\w.!]+\.Message\}(?! \()")]
    private static partial Regex Embedded();
}
