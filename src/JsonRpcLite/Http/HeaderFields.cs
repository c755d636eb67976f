using System.Collections;
using System.Runtime.CompilerServices;

namespace JsonRpcLite;

/// <summary>
/// The fields (headers) of one HTTP message, in the order in which they came or will be sent. Names are compared without regard to case
/// (RFC 9110 5.1); a name may stand more than once. Not thread-safe.
/// </summary>
/// <remarks>The fields of an exception are read-only: a write is an <see cref="InvalidOperationException"/>, and reading is thread-safe.</remarks>
public sealed class HeaderFields : IReadOnlyCollection<KeyValuePair<string, string>>
{
    /// <summary>
    /// How long a client waits for its reply, <c>JsonRpc-Timeout-Ms</c>: 1 to 10 digits, in milliseconds from when the server has the request's head, at least 1. A duration and
    /// not a time of day, since two machines' clocks differ. <see cref="JsonRpcClient"/> sends its <see cref="JsonRpcClientOptions.Timeout"/>; the server ends a call that nobody
    /// waits for any more, and anything that is no such number is answered 400. It can shorten <see cref="JsonRpcServerLimits.HandlerTimeout"/>, never lengthen it.
    /// </summary>
    public const string TimeoutMs = "JsonRpc-Timeout-Ms";

    /// <summary>The kind of server that a client's call is meant for, <c>JsonRpc-Kind</c>: <c>plain</c> or <c>json-rpc</c>.</summary>
    /// <remarks>
    /// <see cref="JsonRpcClient"/> sends it with every call. A server of the other kind refuses the call with 400 before anything of it runs, since its answer could be taken for a
    /// success. A call without the field, such as curl's, is served by both; a server of another library ignores it.
    /// </remarks>
    public const string Kind = "JsonRpc-Kind";

    /// <summary>The key by which a server tells a repeated call from a new one, <c>Idempotency-Key</c> (draft-ietf-httpapi-idempotency-key-header).</summary>
    public const string IdempotencyKey = "Idempotency-Key";

    /// <summary>How often the request was sent before, <c>JsonRpc-Previous-Attempts</c>: from the second attempt on, a number of at least 1.</summary>
    public const string PreviousAttempts = "JsonRpc-Previous-Attempts";

    internal const string PlainKind = "plain";

    internal const string JsonRpcKind = "json-rpc";

    /// <summary>The name of the header field that says what a body is (RFC 9110 8.3).</summary>
    public const string ContentType = "Content-Type";

    internal const string EventStream = "text/event-stream";

    private static readonly HashSet<string> FramingFields = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade",
    };

    private readonly List<KeyValuePair<string, string>> _fields = [];
    private bool _isReadOnly;
    private bool _isFrozen;

    /// <summary>How many field lines there are.</summary>
    public int Count => _fields.Count;

    /// <summary>
    /// Reading: the value of the field, <c>null</c> where there is none; the values of a repeated field joined by <c>", "</c> (RFC 9110 5.3).
    /// Writing: replaces all fields of that name by one; <c>null</c> removes them.
    /// </summary>
    /// <exception cref="ArgumentException">Writing a name or value that <see cref="Add"/> refuses.</exception>
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

    /// <summary>Adds a field line at the end; others of the same name stay.</summary>
    /// <exception cref="ArgumentException">
    /// The name is not a token (RFC 9110 5.6.2), or the value holds a control character other than tab, or a character above U+00FF (RFC 9110
    /// 5.5). Line breaks are control characters: a value taken from input cannot smuggle in a field or a reply.
    /// </exception>
    public void Add(string name, string value)
    {
        Check(name, value);
        AddUnchecked(name, value);
    }

    /// <summary>Removes all fields of that name; says whether there were any.</summary>
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

    /// <summary>Says whether a field of that name is there.</summary>
    public bool Contains(string name)
    {
        foreach (var field in _fields)
        {
            if (IsNamed(field, name))
                return true;
        }
        return false;
    }

    /// <summary>Removes all fields.</summary>
    public void Clear()
    {
        RefuseWriting();
        _fields.Clear();
    }

    /// <summary>The field lines in order.</summary>
    public List<KeyValuePair<string, string>>.Enumerator GetEnumerator() => _fields.GetEnumerator();

    IEnumerator<KeyValuePair<string, string>> IEnumerable<KeyValuePair<string, string>>.GetEnumerator() => _fields.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => _fields.GetEnumerator();

    /// <summary>
    /// For a transport: adds a field line as it came, without the checks of <see cref="Add"/>, which the transport's parser has made. Never for text that nobody has checked: a
    /// line break in a value would begin another field.
    /// </summary>
    public void AddUnchecked(string name, string value)
    {
        RefuseWriting();
        _fields.Add(new(name, value));
    }

    /// <summary>Sets the content type, on a reply that in nearly every case has no field yet.</summary>
    internal void SetJson()
    {
        if (_fields.Count > 0)
            Remove(ContentType);
        AddUnchecked(ContentType, "application/json");
    }

    /// <summary>Refuses changes of the fields once the head of the reply has left, until the object serves another reply.</summary>
    internal void Freeze(bool isFrozen) => _isFrozen = isFrozen;

    /// <summary>Whether a content type is that of an event stream (HTML Living Standard, 9.2.5), whatever its parameters.</summary>
    internal static bool IsEventStream(string? contentType) => WithoutParameters(contentType).Equals(EventStream, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether a content type is JSON's, whatever its parameters; with the suffix of RFC 6839 too.</summary>
    internal static bool IsJson(string? contentType)
    {
        var type = WithoutParameters(contentType);
        return type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.EndsWith("+json", StringComparison.OrdinalIgnoreCase);
    }

    private static ReadOnlySpan<char> WithoutParameters(ReadOnlySpan<char> contentType) => (contentType.IndexOf(';') is var end and >= 0 ? contentType[..end] : contentType).Trim();

    /// <summary>A copy that cannot be changed.</summary>
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

    /// <summary>The name of a field that only the transport may write (RFC 9112 6, 9); <c>null</c> where there is none.</summary>
    internal string? FindFraming()
    {
        foreach (var (name, _) in _fields)
        {
            // Nearly every reply has this field, and it is easily told.
            if (!ReferenceEquals(name, ContentType) && IsFraming(name))
                return name;
        }
        return null;
    }

    /// <summary>
    /// For a transport: refuses what a caller or handler must not send, since the transport writes it (<c>Content-Length</c>, <c>Connection</c> and the like: RFC 9112 6, 9).
    /// </summary>
    /// <exception cref="InvalidOperationException">Such a field is there.</exception>
    public void RefuseFraming()
    {
        if (FindFraming() is { } name)
            throw new InvalidOperationException(
                $"The field '{name}' is the transport's to write. To end a connection set {nameof(HttpExchange)}.{nameof(HttpExchange.CloseConnection)}.");
    }

    internal static bool IsFraming(string name) => FramingFields.Contains(name);

    internal static void Check(string name, string value, [CallerArgumentExpression(nameof(value))] string valueName = "")
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value, valueName);
        if (!IsToken(name))
            throw new ArgumentException($"'{name}' is not a field name (RFC 9110 5.6.2).", nameof(name));
        foreach (var character in value)
        {
            if (character is (< ' ' and not '\t') or '\x7f' or > '\xff')
                throw new ArgumentException($"The value of field '{name}' holds U+{(int)character:X4}, which a field cannot carry (RFC 9110 5.5).", valueName);
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

    /// <summary>Whether <see cref="Check"/> would let the field pass.</summary>
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
            throw new InvalidOperationException("These fields are read-only: they belong to an exception.");
        if (_isFrozen)
            throw new InvalidOperationException("The head of this reply has left with the first flush, and cannot be changed.");
    }

    private static bool IsNamed(KeyValuePair<string, string> field, string name) =>
        string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase);
}
