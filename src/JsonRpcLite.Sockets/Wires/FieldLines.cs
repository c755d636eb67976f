using System.Buffers;
using System.Text;
using JsonRpcLite.Http11;

namespace JsonRpcLite;

/// <summary>Copies header fields from text to bytes, one byte per character, without an array for each.</summary>
internal static class FieldLines
{
    public static void AddAll(this Http11Fields lines, HeaderFields fields)
    {
        foreach (var (name, value) in fields)
            lines.AddText(name, value);
    }

    private static void AddText(this Http11Fields lines, string name, string value)
    {
        if (name == "Content-Type" && value == "application/json")
        {
            lines.Add("Content-Type"u8, "application/json"u8);
            return;
        }
        // White space around a value is not part of it (RFC 9110 5.5).
        var trimmed = value.AsSpan().Trim(" \t");
        var needed = name.Length + trimmed.Length;
        byte[]? rented = null;
        var bytes = needed <= 256 ? stackalloc byte[256] : rented = ArrayPool<byte>.Shared.Rent(needed);
        Encoding.Latin1.GetBytes(name, bytes);
        Encoding.Latin1.GetBytes(trimmed, bytes[name.Length..]);
        lines.Add(bytes[..name.Length], bytes.Slice(name.Length, trimmed.Length));
        if (rented is not null)
            ArrayPool<byte>.Shared.Return(rented);
    }
}
