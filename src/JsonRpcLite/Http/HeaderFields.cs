using System.Collections;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>The header fields of one HTTP message, in the order in which they were received or will be sent.</summary>
/// <remarks>
/// Names are case-insensitive (RFC 9110 5.1), and a name may occur more than once. Not thread-safe. The header fields of an exception are read-only: writing throws an
/// <see cref="InvalidOperationException"/>, and reading is thread-safe.
/// </remarks>
public sealed class HeaderFields : IReadOnlyCollection<KeyValuePair<string, string>>
{
    /// <summary>The name of the header field for the client's time-out in milliseconds, <c>JsonRpc-Timeout-Ms</c>.</summary>
    /// <remarks>
    /// The value has 1 to 10 digits and is at least 1; the time begins when the server has received the head of the request. It is a duration and not a time of day, since the
    /// clocks of two machines differ. <see cref="JsonRpcClient"/> sends its <see cref="JsonRpcClientOptions.Timeout"/>; the server cancels the call when the time-out expires,
    /// and answers a malformed value with 400. The header can shorten <see cref="JsonRpcServerLimits.HandlerTimeout"/>, never lengthen it.
    /// </remarks>
    public const string TimeoutMs = "JsonRpc-Timeout-Ms";

    /// <summary>The name of the header field for the kind of server that a call needs, <c>JsonRpc-Kind</c>.</summary>
    /// <remarks>
    /// Its value is <c>plain</c> or <c>json-rpc</c>. <see cref="JsonRpcClient"/> sends it with every call. A server of the other kind rejects the call with 400 before it runs
    /// anything, since its answer could be mistaken for a success. Both kinds serve a call without the header, such as one by curl; a server of another library ignores the
    /// header.
    /// </remarks>
    public const string Kind = "JsonRpc-Kind";

    /// <summary>The name of the header field for the key of a repeatable call, <c>Idempotency-Key</c>.</summary>
    /// <remarks>A server recognizes a repeated call by the key (draft-ietf-httpapi-idempotency-key-header).</remarks>
    public const string IdempotencyKey = "Idempotency-Key";

    /// <summary>The name of the header field for the number of earlier attempts, <c>JsonRpc-Previous-Attempts</c>.</summary>
    /// <remarks>It is sent from the second attempt on, and is at least 1.</remarks>
    public const string PreviousAttempts = "JsonRpc-Previous-Attempts";

    internal const string PlainKind = "plain";

    internal const string JsonRpcKind = "json-rpc";

    /// <summary>The name of the header field for the media type of the body (RFC 9110 8.3), <c>Content-Type</c>.</summary>
    public const string ContentType = "Content-Type";

    internal const string EventStream = "text/event-stream";

    private static readonly HashSet<string> FramingFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade",
    };

    private readonly List<KeyValuePair<string, string>> _fields = [];
    private bool _isReadOnly;
    private bool _isFrozen;

    /// <summary>The number of field lines.</summary>
    public int Count => _fields.Count;

    /// <summary>Gets the value of a header field, or replaces all header fields of that name by one.</summary>
    /// <remarks>
    /// Getting returns <c>null</c> where the header field is missing, and joins the values of a repeated one by <c>", "</c> (RFC 9110 5.3). Setting <c>null</c> removes all
    /// header fields of that name.
    /// </remarks>
    /// <exception cref="ArgumentException"><see cref="Add"/> would reject the name or the value that is set.</exception>
    public string? this[string name]
    {
        get
        {
            string? found = null;
            foreach (var field in _fields)
            {
                if (IsNamed(field, name))
                    found = found is null ? field.Value : $"{found}, {field.Value}";
            }
            return found;
        }
        set
        {
            if (value is not null)
                Check(name, value);
            Remove(name);
            if (value is not null)
                AddUnchecked(name, value);
        }
    }

    /// <summary>Adds a field line at the end, and keeps others of the same name.</summary>
    /// <exception cref="ArgumentException">
    /// The name is not a token (RFC 9110 5.6.2), or the value contains a control character other than tab, or a character above U+00FF (RFC 9110 5.5). Line breaks are control
    /// characters: a value from untrusted input cannot inject a header field or a reply.
    /// </exception>
    public void Add(string name, string value)
    {
        Check(name, value);
        AddUnchecked(name, value);
    }

    /// <summary>Removes all header fields of a name, and returns whether there were any.</summary>
    public bool Remove(string name)
    {
        RefuseWriting();
        var removed = false;
        for (var i = _fields.Count - 1; i >= 0; i--)
        {
            if (!IsNamed(_fields[i], name))
                continue;
            _fields.RemoveAt(i);
            removed = true;
        }
        return removed;
    }

    /// <summary>Returns whether there is a header field of a name.</summary>
    public bool Contains(string name)
    {
        foreach (var field in _fields)
        {
            if (IsNamed(field, name))
                return true;
        }
        return false;
    }

    /// <summary>Removes all header fields.</summary>
    public void Clear()
    {
        RefuseWriting();
        _fields.Clear();
    }

    /// <summary>The field lines in order.</summary>
    public List<KeyValuePair<string, string>>.Enumerator GetEnumerator() => _fields.GetEnumerator();

    IEnumerator<KeyValuePair<string, string>> IEnumerable<KeyValuePair<string, string>>.GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _fields.GetEnumerator();

    /// <summary>For a transport: adds a field line without the checks of <see cref="Add"/>.</summary>
    /// <remarks>The transport's parser must have made these checks: an unchecked line break in a value would begin another header field.</remarks>
    public void AddUnchecked(string name, string value)
    {
        RefuseWriting();
        _fields.Add(new(name, value));
    }

    /// <summary>Sets the content type to JSON, on a reply that nearly always has no header field yet.</summary>
    internal void SetJson()
    {
        if (_fields.Count > 0)
            Remove(ContentType);
        AddUnchecked(ContentType, "application/json");
    }

    /// <summary>Rejects changes of the header fields after the head of the reply was sent, until the object serves another reply.</summary>
    internal void Freeze(bool isFrozen) => _isFrozen = isFrozen;

    /// <summary>Whether a content type is that of an event stream (HTML Living Standard, 9.2.5), regardless of its parameters.</summary>
    internal static bool IsEventStream(string? contentType) => WithoutParameters(contentType).Equals(EventStream, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a content type is JSON, regardless of its parameters; includes the suffix of RFC 6839.</summary>
    internal static bool IsJson(string? contentType)
    {
        var type = WithoutParameters(contentType);
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static ReadOnlySpan<char> WithoutParameters(ReadOnlySpan<char> contentType) => (contentType.IndexOf(';') is var end and >= 0 ? contentType[..end] : contentType).Trim();

    /// <summary>Returns a read-only copy.</summary>
    internal HeaderFields ToReadOnly()
    {
        var copy = new HeaderFields();
        copy._fields.AddRange(_fields);
        copy._isReadOnly = true;
        return copy;
    }

    internal void CopyTo(HeaderFields other)
    {
        foreach (var field in _fields)
            other._fields.Add(field);
    }

    /// <summary>Finds a header field that only the transport may write (RFC 9112 6, 9); <c>null</c> where there is none.</summary>
    internal string? FindFraming()
    {
        foreach (var (name, _) in _fields)
        {
            // Nearly every reply has this header field, and comparing the reference is fast.
            if (!ReferenceEquals(name, ContentType) && IsFraming(name))
                return name;
        }
        return null;
    }

    /// <summary>For a transport: rejects header fields that only the transport may write.</summary>
    /// <remarks>They are <c>Content-Length</c>, <c>Connection</c> and the like (RFC 9112 6, 9).</remarks>
    /// <exception cref="InvalidOperationException">There is such a header field.</exception>
    public void RefuseFraming()
    {
        if (FindFraming() is { } name)
            throw new InvalidOperationException(
                $"The header '{name}' must not be set, since the transport writes it. To close the connection, set {nameof(HttpExchange)}.{nameof(HttpExchange.CloseConnection)}.");
    }

    internal static bool IsFraming(string name) => FramingFields.Contains(name);

    internal static void Check(string name, string value, [CallerArgumentExpression(nameof(value))] string valueName = "")
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value, valueName);
        if (!IsToken(name))
            throw new ArgumentException($"'{name}' is not a header name (RFC 9110 5.6.2).", nameof(name));
        foreach (var character in value)
        {
            if (character is (< ' ' and not '\t') or '\x7f' or > '\xff')
                throw new ArgumentException($"The value of header '{name}' contains U+{(int)character:X4}, which is not allowed in a header (RFC 9110 5.5).", valueName);
        }
    }

    private static bool IsToken(string name)
    {
        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && !"!#$%&'*+-.^_`|~".Contains(character))
                return false;
        }
        return name.Length > 0;
    }

    /// <summary>Whether <see cref="Check"/> accepts the header field.</summary>
    internal static bool CanSend(string name, string? value)
    {
        try
        {
            Check(name, value!);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private void RefuseWriting()
    {
        if (_isReadOnly)
            throw new InvalidOperationException("These headers are read-only, since they belong to an exception.");
        if (_isFrozen)
            throw new InvalidOperationException("The head of this reply was sent with the first flush, and cannot be changed.");
    }

    private static bool IsNamed(KeyValuePair<string, string> field, string name) =>
        string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase);
}
