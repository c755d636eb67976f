using System.Text;
using System.Text.Json;
using JsonRpcLite.Http11;

/// <summary>The replies of the server: the slides, the request, or the posted body.</summary>
internal static class Pages
{
    // The space after "slideshow" belongs to the text: 522 bytes.
    private static readonly string Slides =
        $$"""
        <?xml version='1.0' encoding='us-ascii'?>

        <!--  A SAMPLE set of slides  -->

        <slideshow{{" "}}
            title="Sample Slide Show"
            date="Date of publication"
            author="Yours Truly"
            >

            <!-- TITLE SLIDE -->
            <slide type="all">
              <title>Wake up to WonderWidgets!</title>
            </slide>

            <!-- OVERVIEW -->
            <slide type="all">
                <title>Overview</title>
                <item>Why <em>WonderWidgets</em> are great</item>
                <item/>
                <item>Who <em>buys</em> WonderWidgets</item>
            </slide>

        </slideshow>
        """;

    public static Page TooLarge { get; } = Text(413, "Content Too Large", "That is more than this server takes.\n");

    public static Page Answer(Http11Request request, byte[] body) => (request.Method, request.Target.Split('?')[0]) switch
    {
        // A 2xx would turn the connection into a tunnel.
        ("CONNECT", _) => Text(405, "Method Not Allowed", "No tunnels here.\n"),
        ("GET" or "HEAD", "/xml") => new Page(200, "OK", "application/xml", Encoding.ASCII.GetBytes(Slides)),
        ("GET" or "HEAD", "/get") => Json(new { method = request.Method, url = request.Target, headers = Headers(request) }),
        ("POST", "/post") => Json(new { method = request.Method, url = request.Target, headers = Headers(request), data = Encoding.UTF8.GetString(body) }),
        (_, "/xml" or "/get" or "/post") => Text(405, "Method Not Allowed", $"{request.Method} is not for this page.\n"),
        _ => Text(404, "Not Found", $"There is no {request.Target}. Try /xml, /get or /post.\n"),
    };

    private static Dictionary<string, string> Headers(Http11Request request) =>
        request.Fields.GroupBy(f => f.Name, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => string.Join(", ", g.Select(f => f.Value)));

    private static Page Json(object value) => new(200, "OK", "application/json", JsonSerializer.SerializeToUtf8Bytes(value));

    private static Page Text(int status, string reason, string text) => new(status, reason, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes(text));
}
