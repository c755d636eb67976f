using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>The tables as Markdown, and what the chart is drawn from.</summary>
internal sealed class Report
{
    private readonly StringBuilder _text = new();
    private readonly List<string> _mainLines = [];

    /// <summary>The groups of bars: a title, and what each bar says.</summary>
    public List<(string Title, List<(string Name, double Microseconds)> Bars)> Groups { get; } = [];

    public string Text => $"{Machine()}\n{_text}";

    /// <summary>The few lines that stand in the README.</summary>
    public string Summary => $"{Machine()}\n\n| CPU us a call, 64 connections | ratio to Kestrel |\n|---|---|\n{string.Join('\n', _mainLines)}\n";

    public void AddServers(string title, IReadOnlyList<Finding> findings)
    {
        Groups.Add((title, [.. findings.Select(f => (f.Name, f.Microseconds))]));
        AddFindings(title, findings);
        _mainLines.AddRange(findings.Select(f => string.Create(CultureInfo.InvariantCulture, $"| {title.Split(',')[0]}, {f.Name}: {f.Microseconds:0.0} | {f.Microseconds / findings[0].Microseconds:0.00} |")));
    }

    public void AddClients(string title, IReadOnlyList<Finding> findings) => AddFindings(title, findings);

    public void Add(string title, string explanation, string[] columns, IEnumerable<string[]> rows)
    {
        _text.Append(CultureInfo.InvariantCulture, $"\n{title}: {explanation}.\n\n| {string.Join(" | ", columns)} |\n|{string.Concat(columns.Select(_ => "---|"))}\n");
        foreach (var row in rows)
            _text.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row)} |\n");
    }

    private void AddFindings(string title, IReadOnlyList<Finding> findings)
    {
        _text.Append(CultureInfo.InvariantCulture, $"\n| {title} | CPU us a call (lowest to highest) | ratio | bytes a call |\n|---|---|---|---|\n");
        foreach (var finding in findings)
            _text.Append(CultureInfo.InvariantCulture, $"| {finding.Name} | {finding.Microseconds:0.0} ({finding.Spread}) | {finding.Microseconds / findings[0].Microseconds:0.00} | {(finding.Bytes > 0 ? $"{finding.Bytes:0}" : "")} |\n");
    }

    private static string Machine() =>
        $"Measured {DateTime.UtcNow:yyyy-MM-dd} on {Environment.ProcessorCount} cores ({RuntimeInformation.ProcessArchitecture}, {RuntimeInformation.OSDescription.Split(' ')[0]}, .NET {Environment.Version}).";
}
