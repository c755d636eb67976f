using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using static JsonRpcLite.Http11.Tests.Wire;

namespace JsonRpcLite.Http11.Tests;

/// <summary>The engine communicates with independent implementations: HttpClient with our server, our client with Kestrel.</summary>
public class ForeignPeersTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task HttpClient_gets_its_answers_from_our_server_over_one_connection()
    {
        using var listener = Listen();
        var serving = EchoOnceAsync(listener);
        using var client = new HttpClient { BaseAddress = Address(listener), Timeout = Bound };

        (await client.GetStringAsync("/a")).Should().Be("GET /a ");
        (await (await client.PostAsync("/b", new StringContent("with a length"))).Content.ReadAsStringAsync()).Should().Be("POST /b with a length");

        using var chunked = new HttpRequestMessage(HttpMethod.Put, "/c") { Content = new StringContent("in chunks") };
        chunked.Headers.TransferEncodingChunked = true;
        (await (await client.SendAsync(chunked)).Content.ReadAsStringAsync()).Should().Be("PUT /c in chunks");

        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/d"));
        head.StatusCode.Should().Be(HttpStatusCode.OK);
        head.Headers.TransferEncodingChunked.Should().BeTrue();

        using var expecting = new HttpRequestMessage(HttpMethod.Post, "/e") { Content = new StringContent("after a 100") };
        expecting.Headers.ExpectContinue = true;
        (await (await client.SendAsync(expecting)).Content.ReadAsStringAsync()).Should().Be("POST /e after a 100");

        using var closing = new HttpRequestMessage(HttpMethod.Get, "/f");
        closing.Headers.ConnectionClose = true;
        var last = await client.SendAsync(closing);
        last.Headers.ConnectionClose.Should().BeTrue();
        (await last.Content.ReadAsStringAsync()).Should().Be("GET /f ");
        (await serving.WaitAsync(Bound)).Should().Be(6, "all went over the one connection that was accepted");
    }

    [Fact]
    public async Task HttpClient_reads_our_trailers_and_our_body_until_close()
    {
        using var listener = Listen();
        using var client = new HttpClient { BaseAddress = Address(listener), Timeout = Bound };
        var asking = client.GetAsync("/");
        using (var socket = await listener.AcceptAsync())
        {
            var connection = await ReadRequestAsync(socket);
            await socket.SendAsync(Bytes(connection.SendText(new Http11Response(200, []), new Http11Data(Bytes("data")), new Http11EndOfMessage([("X-Sum", "4")]))));
            using var answer = await asking;
            (await answer.Content.ReadAsStringAsync()).Should().Be("data");
            answer.TrailingHeaders.GetValues("X-Sum").Should().Equal("4");
        }

        using var older = new HttpRequestMessage(HttpMethod.Get, "/") { Version = HttpVersion.Version10 };
        var askingOlder = client.SendAsync(older);
        using var second = await listener.AcceptAsync();
        var ours = await ReadRequestAsync(second);
        ours.TheirVersion.Should().Be(HttpVersion.Version10);
        await second.SendAsync(Bytes(ours.SendText(new Http11Response(200, []), new Http11Data(Bytes("until close")), new Http11EndOfMessage(), new Http11ConnectionClosed())));
        second.Shutdown(SocketShutdown.Send);
        (await (await askingOlder).Content.ReadAsStringAsync()).Should().Be("until close");
    }

    [Fact]
    public async Task Our_client_gets_its_answers_from_Kestrel()
    {
        await using var app = await StartKestrelAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        var address = new Uri(app.Urls.Single());
        await socket.ConnectAsync(IPAddress.Loopback, address.Port);
        var connection = new Http11Connection(Http11Role.Client);
        Http11Field host = ("Host", address.Authority);

        Ask(new Http11Request("GET", "/fixed", [host]), "").Should().Be("200 fixed");
        Ask(new Http11Request("GET", "/chunked", [host]), "").Should().Be("200 one two ");
        connection.IsChunked.Should().BeTrue();
        Ask(new Http11Request("POST", "/echo", [host, ("Content-Length", "6")]), "length").Should().Be("200 length");
        Ask(new Http11Request("POST", "/echo", [host, ("Transfer-Encoding", "chunked")]), "chunks").Should().Be("200 chunks");
        Ask(new Http11Request("POST", "/echo", [host, ("Content-Length", "8"), ("Expect", "100-continue")]), "expected").Should().Be("100 200 expected");
        Ask(new Http11Request("HEAD", "/fixed", [host]), "").Should().Be("200 ");
        connection.ContentLength.Should().Be(5);
        Ask(new Http11Request("GET", "/empty", [host]), "").Should().Be("204 ");
        Ask(new Http11Request("OPTIONS", "*", [host]), "").Should().Be("404 ");
        Ask(new Http11Request("GET", "/fixed", [host, ("Connection", "close")]), "").Should().Be("200 fixed");
        connection.TheirState.Should().Be(Http11State.MustClose);

        string Ask(Http11Request request, string body)
        {
            if (connection.OurState == Http11State.Done)
                connection.StartNextCycle();
            socket.Send(connection.Send(request));
            if (!connection.ClientIsWaitingForContinue)
                SendBody();
            var answer = "";
            for (var reads = 0; reads < 1000; reads++)
            {
                switch (connection.NextEvent())
                {
                    case Http11EventKind.NeedData:
                        connection.Received(socket.Receive(connection.GetReceiveMemory().Span));
                        break;
                    case Http11EventKind.InformationalResponse:
                        answer += $"{connection.StatusCode} ";
                        SendBody();
                        break;
                    case Http11EventKind.Response:
                        answer += $"{connection.StatusCode} ";
                        break;
                    case Http11EventKind.Data:
                        answer += Text(connection.Data.Span);
                        break;
                    case Http11EventKind.EndOfMessage:
                        return answer;
                }
            }
            throw new InvalidOperationException("There is no end to it.");

            void SendBody() => socket.Send(Bytes(connection.SendText(new Http11Data(Bytes(body)), new Http11EndOfMessage())));
        }
    }

    [Fact]
    public async Task Kestrel_switches_protocols_with_our_client()
    {
        await using var app = await StartKestrelAsync();
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = 30_000 };
        await socket.ConnectAsync(IPAddress.Loopback, new Uri(app.Urls.Single()).Port);
        var connection = new Http11Connection(Http11Role.Client);
        socket.Send(Bytes(connection.SendText(
            new Http11Request("GET", "/upgrade", [("Host", "localhost"), ("Connection", "Upgrade"), ("Upgrade", "shout")]), new Http11EndOfMessage())));

        for (var reads = 0; reads < 100 && connection.NextEvent() == Http11EventKind.NeedData; reads++)
            connection.Received(socket.Receive(connection.GetReceiveMemory().Span));

        connection.StatusCode.Should().Be(101);
        (connection.OurState, connection.TheirState).Should().Be((Http11State.SwitchedProtocol, Http11State.SwitchedProtocol));
        socket.Send("quiet"u8);
        var answer = new List<byte>(connection.TrailingData.ToArray());
        var buffer = new byte[100];
        for (var reads = 0; reads < 5 && answer.Count < 5; reads++)
            answer.AddRange(buffer.AsSpan(0, socket.Receive(buffer)));
        Text([.. answer]).Should().Be("QUIET");
    }

    private static async Task<WebApplication> StartKestrelAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        app.Run(async context =>
        {
            var response = context.Response;
            switch (context.Request.Path.Value)
            {
                case "/fixed":
                    response.ContentLength = 5;
                    if (!HttpMethods.IsHead(context.Request.Method))
                        await response.WriteAsync("fixed");
                    break;
                case "/chunked":
                    await response.WriteAsync("one ");
                    await response.Body.FlushAsync();
                    await response.WriteAsync("two ");
                    break;
                case "/echo":
                    await context.Request.BodyReader.CopyToAsync(response.Body);
                    break;
                case "/empty":
                    response.StatusCode = 204;
                    break;
                case "/upgrade":
                    await using (var stream = await context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpUpgradeFeature>()!.UpgradeAsync())
                    {
                        var buffer = new byte[5];
                        await stream.ReadExactlyAsync(buffer);
                        await stream.WriteAsync(Bytes(Text(buffer).ToUpperInvariant()));
                    }
                    break;
                default:
                    response.StatusCode = 404;
                    break;
            }
        });
        await app.StartAsync();
        return app;
    }

    private static Socket Listen()
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        return listener;
    }

    private static Uri Address(Socket listener) => new($"http://{listener.LocalEndPoint}/");

    private static async Task<Http11Connection> ReadRequestAsync(Socket socket)
    {
        var connection = new Http11Connection(Http11Role.Server);
        for (var reads = 0; reads < 1000 && connection.NextEvent() != Http11EventKind.EndOfMessage; reads++)
            if (connection.Kind == Http11EventKind.NeedData)
                connection.Received(await socket.ReceiveAsync(connection.GetReceiveMemory()));
        return connection;
    }

    /// <summary>Serves one connection over a pipe's sequences, and answers each request with a description of it; returns the number of requests.</summary>
    private static async Task<int> EchoOnceAsync(Socket listener)
    {
        using var socket = await listener.AcceptAsync();
        await using var stream = new NetworkStream(socket);
        var reader = PipeReader.Create(stream);
        var connection = new Http11Connection(Http11Role.Server);
        var (what, body, requests) = ("", "", 0);
        for (var reads = 0; reads < 1000; reads++)
        {
            var read = await reader.ReadAsync();
            var input = read.Buffer;
            while (connection.Read(ref input, read.IsCompleted) is not (Http11EventKind.NeedData or Http11EventKind.Paused))
            {
                switch (connection.Kind)
                {
                    case Http11EventKind.Request:
                        (what, body) = ($"{Text(connection.Method)} {Text(connection.Target)} ", "");
                        if (connection.ClientIsWaitingForContinue)
                            await stream.WriteAsync(connection.Send(new Http11InformationalResponse(100, [])));
                        break;
                    case Http11EventKind.Data:
                        body += Text(connection.Data.Span);
                        break;
                    case Http11EventKind.EndOfMessage:
                        requests++;
                        var isHead = what.StartsWith("HEAD", StringComparison.Ordinal);
                        await stream.WriteAsync(Bytes(connection.SendText(
                            new Http11Response(200, [], "OK"), new Http11Data(isHead ? default : Bytes(what + body)), new Http11EndOfMessage())));
                        if (!connection.CanStartNextCycle)
                            return requests;
                        connection.StartNextCycle();
                        break;
                    case Http11EventKind.ConnectionClosed:
                        return requests;
                }
            }
            reader.AdvanceTo(input.Start, input.End);
        }
        return -1;
    }
}
