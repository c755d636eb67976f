using System.Diagnostics;

namespace JsonRpcLite.Load;

/// <summary>A process that is asked by lines and answers by lines, each within a bounded time, and that ends with this one however this one ends.</summary>
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
    /// <exception cref="TimeoutException">It has not answered.</exception>
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

    /// <summary>It ends when nothing more can be asked.</summary>
    public void Dispose()
    {
        try
        {
            _process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It has ended with a question unread.
        }
        Running.End(_process, TimeSpan.FromSeconds(5));
        _process.Dispose();
    }
}
