using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;

namespace Shared;

/// <summary>The command line of the samples: <c>--port N</c>, and the options of the sample. With any other argument the program shows its usage and ends.</summary>
internal sealed class CommandLine
{
    private readonly Dictionary<string, string> _given = [];
    private readonly string[] _options;

    /// <param name="args">The arguments of the program.</param>
    /// <param name="port">The default port; 0 picks a free one.</param>
    /// <param name="options">Such as <c>--log</c>, or <c>--files DIR</c> for one with a value.</param>
    public CommandLine(string[] args, int port, params string[] options)
    {
        _options = ["--port N", .. options];
        for (var i = 0; i < args.Length; i++)
        {
            var option = _options.FirstOrDefault(o => o.Split(' ')[0] == args[i]);
            var hasValue = option is not null && option.Contains(' ');
            if (option is null || (hasValue && i + 1 == args.Length))
                EndWithUsage();
            _given[args[i]] = hasValue ? args[++i] : "";
        }
        if (!ushort.TryParse(this["--port"] ?? $"{port}", NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            EndWithUsage();
        Port = number;
    }

    public int Port { get; }

    /// <summary>The value of an option; <c>null</c> if it is not given.</summary>
    public string? this[string option] => _given.GetValueOrDefault(option);

    public bool Has(string option) => _given.ContainsKey(option);

    [DoesNotReturn]
    public void EndWithUsage()
    {
        Console.Error.WriteLine($"Usage: {Assembly.GetEntryAssembly()!.GetName().Name} {string.Join(' ', _options.Select(o => $"[{o}]"))}");
        Environment.Exit(2);
    }
}
