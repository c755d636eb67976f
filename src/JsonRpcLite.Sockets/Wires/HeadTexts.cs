using System.Text;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>
/// Makes strings of a head. What stands at the same place as in the head before, byte for byte, as nearly everything does on a connection that is kept, is the string
/// of then. Not thread-safe.
/// </summary>
internal sealed class HeadTexts
{
    /// <summary>Longer texts, and fields beyond these, are not remembered.</summary>
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
        // A character is a byte: RFC 9110 5.5 gives bytes above 127 no meaning.
        var text = Encoding.Latin1.GetString(bytes);
        if (text.Length <= LongestText)
            last = text;
        return text;
    }
}
