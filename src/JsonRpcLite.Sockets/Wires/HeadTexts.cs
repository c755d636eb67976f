using System.Text;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>Converts the bytes of a head to strings, and reuses the strings of the previous head.</summary>
/// <remarks>Not thread-safe. On a keep-alive connection, nearly every text equals, byte for byte, the text at the same position of the previous head.</remarks>
internal sealed class HeadTexts
{
    /// <summary>Longer texts and further fields are not remembered.</summary>
    private const int LongestText = 256, MostFields = 32;

    private readonly (string Name, string Value)[] _fields = new (string, string)[MostFields];
    private string _method = "POST";
    private string _target = "/";

    public HeadTexts() => Array.Fill(_fields, ("", ""));

    public string Method(ReadOnlySpan<byte> method) => Text(method, ref _method);

    public string Target(ReadOnlySpan<byte> target) => Text(target, ref _target);

    public void CopyFields(Http11Fields fields, HeaderFields target)
    {
        (string Name, string Value) beyond = ("", "");
        for (var i = 0; i < fields.Count; i++)
        {
            ref var texts = ref i < MostFields ? ref _fields[i] : ref beyond;
            target.AddUnchecked(Text(fields.NameAt(i), ref texts.Name), Text(fields.ValueAt(i), ref texts.Value));
        }
    }

    private static string Text(ReadOnlySpan<byte> bytes, ref string last)
    {
        if (Ascii.Equals(bytes, last))
            return last;
        // One character per byte: RFC 9110 5.5 gives no meaning to bytes above 127.
        var text = Encoding.Latin1.GetString(bytes);
        if (text.Length <= LongestText)
            last = text;
        return text;
    }
}
