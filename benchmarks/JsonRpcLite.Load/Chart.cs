using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>Draws the servers' figures as bars, in a file that reads well on light and dark pages.</summary>
internal static class Chart
{
    private const int Width = 720;
    private const int Left = 110;
    private const int Right = 60;
    private const int Bar = 18;
    private const int Step = 26;

    public static string Draw(Report report)
    {
        var longest = report.Groups.SelectMany(g => g.Bars).Max(b => b.Microseconds);
        var height = 44 + report.Groups.Sum(g => 36 + Step * g.Bars.Count) + 10;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {Width} {height}" width="{Width}" height="{height}" role="img" aria-label="CPU time a call costs each server">
            <style>
              text {"{"} font: 13px system-ui, sans-serif; fill: #1f2328; {"}"} .title {"{"} font-weight: 600; font-size: 15px; {"}"} .group {"{"} font-weight: 600; {"}"}
              .ours {"{"} fill: #1a7f37; {"}"} .other {"{"} fill: #8c959f; {"}"} .page {"{"} fill: #ffffff; {"}"}
              @media (prefers-color-scheme: dark) {"{"} text {"{"} fill: #e6edf3; {"}"} .ours {"{"} fill: #3fb950; {"}"} .other {"{"} fill: #6e7681; {"}"} .page {"{"} fill: #0d1117; {"}"} {"}"}
            </style>
            <rect class="page" width="{Width}" height="{height}" rx="6"/>
            <text class="title" x="16" y="28">CPU time of a call, in microseconds (less is better)</text>

            """);
        var y = 44;
        foreach (var (title, bars) in report.Groups)
        {
            svg.Append(CultureInfo.InvariantCulture, $"<text class=\"group\" x=\"16\" y=\"{y + 20}\">{title}</text>\n");
            y += 32;
            foreach (var (name, microseconds) in bars)
            {
                var length = (Width - Left - Right) * microseconds / longest;
                var kind = name is "sockets" or "portable" or "listener" ? "ours" : "other";
                svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 8}\" y=\"{y + 14}\" text-anchor=\"end\">{name}</text>");
                svg.Append(CultureInfo.InvariantCulture, $"<rect class=\"{kind}\" x=\"{Left}\" y=\"{y}\" width=\"{length:0.0}\" height=\"{Bar}\" rx=\"2\"/>");
                svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left + length + 6:0.0}\" y=\"{y + 14}\">{microseconds:0.0}</text>\n");
                y += Step;
            }
            y += 4;
        }
        return svg.Append("</svg>\n").ToString();
    }
}
