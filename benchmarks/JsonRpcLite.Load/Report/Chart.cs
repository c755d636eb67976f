using System.Globalization;
using System.Text;

namespace JsonRpcLite.Load;

/// <summary>A bar chart in groups, on one axis that begins at zero: a longer bar means a higher cost.</summary>
/// <remarks>It suits light and dark pages.</remarks>
internal sealed class Chart(string title, string subtitle, string circumstances, string unit)
{
    private const int Width = 860, Left = 250, Right = 90, BarHeight = 20, Step = 28, Top = 82, GroupHeight = 40;

    private readonly List<(string Title, List<(string Name, double Value, bool IsOurs)> Bars)> _groups = [];

    public void Add(string group, IEnumerable<(string Name, double Value, bool IsOurs)> bars) =>
        _groups.Add((group, [.. bars.Where(bar => double.IsFinite(bar.Value)).OrderBy(bar => bar.Value)]));

    public string ToSvg()
    {
        var most = _groups.SelectMany(group => group.Bars).Select(bar => bar.Value).DefaultIfEmpty(1).Max();
        var tick = Tick(most);
        var scale = (Width - Left - Right) / most;
        var bottom = Top + _groups.Sum(group => GroupHeight + group.Bars.Count * Step);
        var svg = new StringBuilder();
        Line($"""<svg xmlns="http://www.w3.org/2000/svg" width="{Width}" height="{bottom + 56}" viewBox="0 0 {Width} {bottom + 56}" role="img" aria-labelledby="title description">""");
        Line($"""<title id="title">{Escape(title)}</title>""");
        Line($"""<desc id="description">{Escape(subtitle)}</desc>""");
        Line($$"""
            <style>
              svg { font: 13px system-ui, sans-serif; }
              .back { fill: #ffffff; } text { fill: #1f2328; } .quiet { fill: #59636e; } .grid { stroke: #d1d9e0; } .ours { fill: #0969da; } .theirs { fill: #8c959f; }
              @media (prefers-color-scheme: dark) {
                .back { fill: #0d1117; } text { fill: #f0f6fc; } .quiet { fill: #9198a1; } .grid { stroke: #3d444d; } .ours { fill: #4493f8; } .theirs { fill: #656c76; }
              }
            </style>
            """);
        Line($"""<rect class="back" width="100%" height="100%"/>""");
        Line($"""<text x="20" y="30" font-size="18" font-weight="600">{Escape(title)}</text>""");
        Line($"""<text class="quiet" x="20" y="52">{Escape(subtitle)}</text>""");
        Line($"""<text class="quiet" x="20" y="70" font-size="12">{Escape(circumstances)}</text>""");
        for (var value = 0.0; value <= most; value += tick)
            Line($"""<text class="quiet" x="{Left + value * scale:0.#}" y="{bottom + 18}" text-anchor="middle">{value:0.##}</text>""");
        Line($"""<text class="quiet" x="{Left + (Width - Left - Right) / 2}" y="{bottom + 40}" text-anchor="middle">{Escape(unit)}</text>""");
        var y = Top;
        foreach (var (group, bars) in _groups)
        {
            Line($"""<text x="20" y="{y + 26}" font-weight="600">{Escape(group)}</text>""");
            y += GroupHeight;
            for (var value = 0.0; value <= most; value += tick)
                Line($"""<line class="grid" x1="{Left + value * scale:0.#}" y1="{y - 4}" x2="{Left + value * scale:0.#}" y2="{y + bars.Count * Step - 4}"/>""");
            foreach (var (name, value, isOurs) in bars)
            {
                Line($"""<text x="{Left - 10}" y="{y + 15}" text-anchor="end">{Escape(name)}</text>""");
                Line($"""<rect class="{(isOurs ? "ours" : "theirs")}" x="{Left}" y="{y}" width="{value * scale:0.#}" height="{BarHeight}" rx="2"/>""");
                Line($"""<text x="{Left + value * scale + 8:0.#}" y="{y + 15}">{value:0.0}</text>""");
                y += Step;
            }
        }
        Line($"</svg>");
        return svg.ToString();

        void Line(FormattableString line) => svg.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
    }

    /// <summary>The distance of grid lines: 1, 2 or 5 times a power of ten, so that there are four to ten lines.</summary>
    private static double Tick(double most)
    {
        var power = Math.Pow(10, Math.Floor(Math.Log10(most / 4)));
        return new[] { 5.0, 2, 1 }.Select(factor => factor * power).First(tick => most / tick >= 4);
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal);
}
