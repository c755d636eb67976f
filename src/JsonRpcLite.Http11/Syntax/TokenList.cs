namespace JsonRpcLite.Http11;

/// <summary>A comma-separated list of tokens, as in Connection (RFC 9110 5.6.1).</summary>
/// <remarks>White space and empty elements have no meaning.</remarks>
internal ref struct TokenList(ReadOnlySpan<byte> value)
{
    private ReadOnlySpan<byte> _rest = value;

    public ReadOnlySpan<byte> Current { get; private set; } = default;

    public readonly TokenList GetEnumerator() => this;

    public bool MoveNext()
    {
        while (!_rest.IsEmpty)
        {
            var comma = _rest.IndexOf((byte)',');
            Current = (comma < 0 ? _rest : _rest[..comma]).Trim(" \t"u8);
            _rest = comma < 0 ? default : _rest[(comma + 1)..];
            if (!Current.IsEmpty)
                return true;
        }
        return false;
    }

    /// <summary>Whether the list contains the given lower-case token, without regard to case.</summary>
    public static bool Contains(ReadOnlySpan<byte> value, ReadOnlySpan<byte> lowerCase)
    {
        foreach (var token in new TokenList(value))
            if (AsciiText.Is(token, lowerCase))
                return true;
        return false;
    }
}
