using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;

namespace JsonRpcLite.Tool;

/// <summary>Standard output and standard error: what is printed for people on a terminal, and what for programs in a pipe.</summary>
internal static class Terminal
{
    private static readonly JavaScriptEncoder Encoder = JsonRpcDefaults.CreateSerializerOptions().Encoder!;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Whether a person reads standard output.</summary>
    public static bool IsTerminal { get; } = !Console.IsOutputRedirected;

    /// <summary>Whether a person reads standard error.</summary>
    public static bool IsErrorTerminal { get; } = !Console.IsErrorRedirected;

    public static TextWriter Out { get; } = new StreamWriter(OpenOutput(), Utf8) { AutoFlush = true, NewLine = "\n" };

    public static TextWriter Error { get; } = new StreamWriter(Console.OpenStandardError(), Utf8) { AutoFlush = true, NewLine = "\n" };

    /// <summary>Whether the terminal shows escape sequences as text.</summary>
    private static bool IsDumb => Environment.GetEnvironmentVariable("TERM") == "dumb";

    /// <summary>See no-color.org.</summary>
    private static bool IsPlain => IsDumb || Environment.GetEnvironmentVariable("NO_COLOR") is { Length: > 0 };

    private static ProgressLine Progress { get; } = new(Error, IsDumb);

    public static string Bold(string text) => IsTerminal && !IsPlain ? $"\e[1m{text}\e[0m" : text;

    public static string Dim(string text) => IsTerminal && !IsPlain ? $"\e[2m{text}\e[0m" : text;

    /// <summary>Prints what has gone wrong.</summary>
    public static void WriteError(string label, string text)
    {
        WriteProgress("");
        Error.WriteLine($"{(IsErrorTerminal && !IsPlain ? $"\e[31m{label}\e[0m" : label)} {text}");
    }

    /// <summary>Shows how far the command is, in one line of standard error that the next one replaces. In a pipe it shows nothing.</summary>
    public static void WriteProgress(string text)
    {
        if (IsErrorTerminal)
            Progress.Show(text);
    }

    /// <summary>Prints a value: indented for people, or in one line.</summary>
    public static void WriteJson(JsonElement value, bool isOneLine = false) => Out.WriteLine(TextOf(value.WriteTo, IsTerminal && !isOneLine, IsTerminal));

    public static void WriteJson(JsonNode? value) => Out.WriteLine(TextOf(
        writer =>
        {
            if (value is null)
                writer.WriteNullValue();
            else
                value.WriteTo(writer);
        },
        IsTerminal,
        IsTerminal));

    /// <summary>A value in one line, for standard error.</summary>
    public static string ErrorTextOf(JsonElement value) => TextOf(value.WriteTo, isIndented: false, IsErrorTerminal);

    public static string ErrorTextOf(JsonNode value) => TextOf(writer => value.WriteTo(writer), isIndented: false, IsErrorTerminal);

    private static string TextOf(Action<Utf8JsonWriter> write, bool isIndented, bool isForTerminal)
    {
        var text = new MemoryStream();
        using (var writer = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = Encoder, Indented = isIndented, NewLine = "\n", MaxDepth = 256 }))
            write(writer);
        return Escape(Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length), isForTerminal);
    }

    /// <summary>Text of a peer as one line: it moves no cursor and turns no direction.</summary>
    public static string Shown(string text)
    {
        var shown = new StringBuilder(text.Length);
        PeerText.AppendPrintable(shown, text.ReplaceLineEndings(" "));
        return shown.ToString();
    }

    /// <summary>
    /// Escapes the control characters that JSON leaves alone and, for a terminal, what hides or turns the direction of text, but the joiner that
    /// holds emoji together. Such characters can stand within strings only.
    /// </summary>
    private static string Escape(string json, bool isForTerminal)
    {
        if (Ascii.IsValid(json) && !json.Contains('\u007f', StringComparison.Ordinal))
            return json;
        var escaped = new StringBuilder(json.Length + 8);
        Span<char> units = stackalloc char[2];
        foreach (var rune in json.EnumerateRunes())
        {
            var length = rune.EncodeToUtf16(units);
            if (!IsEscaped(rune, isForTerminal))
            {
                escaped.Append(units[..length]);
                continue;
            }
            foreach (var unit in units[..length])
                escaped.Append(CultureInfo.InvariantCulture, $"\\u{(int)unit:x4}");
        }
        return escaped.ToString();
    }

    private static bool IsEscaped(Rune rune, bool isForTerminal) => rune.Value is >= 0x7f and <= 0x9f
        || isForTerminal && rune.Value != 0x200d
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator;

    /// <summary>The console's own stream ignores a closed pipe. With it, an endless stream would never end.</summary>
    private static Stream OpenOutput()
    {
        if (!OperatingSystem.IsWindows() && Console.IsOutputRedirected)
        {
            var stream = new FileStream(new SafeFileHandle(1, ownsHandle: false), FileAccess.Write, bufferSize: 0);
            // In a file each writer would count for itself where the next byte goes.
            if (!stream.CanSeek)
                return stream;
        }
        return Console.OpenStandardOutput();
    }
}
