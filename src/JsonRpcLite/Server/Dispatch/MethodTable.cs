using System.Text;
using System.Text.Json;

namespace JsonRpcLite;

/// <summary>The methods of a server by their names in UTF-8, as requests have them.</summary>
internal sealed class MethodTable
{
    private readonly Dictionary<byte[], MethodEntry>.AlternateLookup<ReadOnlySpan<byte>> _byName;

    public MethodTable(IReadOnlyCollection<MethodEntry> methods, MethodEntry? fallback = null)
    {
        _byName = methods.ToDictionary(m => Encoding.UTF8.GetBytes(m.Name), new Utf8Comparer()).GetAlternateLookup<ReadOnlySpan<byte>>();
        Fallback = fallback;
        HasSafe = methods.Any(m => m.IsSafe);
    }

    /// <summary>Whether any method is marked as safe.</summary>
    public bool HasSafe { get; }

    /// <summary>The method for calls of names that are not in the table; <c>null</c> if there is none.</summary>
    public MethodEntry? Fallback { get; }

    /// <param name="jsonName">The JSON string of the name, with its quotation marks.</param>
    public MethodEntry? Find(ReadOnlySpan<byte> jsonName)
    {
        var name = jsonName[1..^1];
        if (name.Contains((byte)'\\'))
        {
            var reader = new Utf8JsonReader(jsonName);
            reader.Read();
            name = Encoding.UTF8.GetBytes(reader.GetString()!);
        }
        return _byName.TryGetValue(name, out var entry) ? entry : null;
    }

    private sealed class Utf8Comparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(byte[] bytes) => GetHashCode(bytes.AsSpan());

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = default(HashCode);
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}

/// <summary>A method in the table of a server.</summary>
/// <param name="Name">Its name; empty for the fallback.</param>
/// <param name="Method">The method, with middleware around it.</param>
/// <param name="IsSafe">Whether it is marked as safe: it changes nothing.</param>
/// <param name="Cache">How caches may store its result.</param>
internal sealed record MethodEntry(string Name, JsonRpcMethod Method, bool IsSafe = false, CacheRule Cache = default)
{
    /// <summary>The mean time of its calls in batches.</summary>
    public MeanTime TimeInBatches { get; } = new();
}
