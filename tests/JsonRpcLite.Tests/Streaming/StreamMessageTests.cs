namespace JsonRpcLite.Tests.Streaming;

public class StreamMessageTests
{
    [Theory]
    [InlineData("text/event-stream", true)]
    [InlineData("TEXT/EVENT-STREAM", true)]
    [InlineData("application/json, text/event-stream", true)]
    [InlineData("text/event-stream;q=0.001", true)]
    [InlineData(" text/event-stream ; charset=utf-8 ; q=1.0 ,*/*", true)]
    [InlineData("text/event-stream;q=0", false)]
    [InlineData("text/event-stream; Q=0.000", false)]
    [InlineData("*/*", false)]
    [InlineData("text/*", false)]
    [InlineData("text/event-streams", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void A_stream_is_accepted_by_name_alone(string? accept, bool isAccepted) => StreamMessage.IsAccepted(accept).Should().Be(isAccepted);
}
