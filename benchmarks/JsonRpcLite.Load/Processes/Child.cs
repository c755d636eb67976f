using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>A child process that is queried by lines and answers by lines.</summary>
/// <remarks>Each answer comes within a bounded time, and the child ends with this process, however this process ends.</remarks>
internal sealed class Child : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    private readonly string _name;
    private readonly Process _process;

    public Child(string name, ProcessStartInfo start)
    {
        _name = name;
        _process = Running.Start(start);
    }

    public int Id => _process.Id;

    /// <exception cref="IOException">The process has ended.</exception>
    /// <exception cref="TimeoutException">The process has not answered.</exception>
    public string Ask(string question)
    {
        _process.StandardInput.WriteLine(question);
        return Read();
    }

    /// <inheritdoc cref="Ask"/>
    public string Read()
    {
        var line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(Patience))
            throw new TimeoutException($"The process of '{_name}' has not answered for {Patience.TotalMinutes} minutes.");
        return line.Result ?? throw new IOException($"The process of '{_name}' has ended.");
    }

    /// <summary>The process ends when its input ends.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // The process has ended with a question unread.
        }
        Running.End(_process, TimeSpan.FromSeconds(5));
        _process.Dispose();
    }
}
