using System.Globalization;
using System.Xml.Linq;
using HostSwap.Hostctl.Rendering;

namespace HostSwap.Hostctl.Reporting;

/// <summary>Draws a timeline: a bar for each VM, to scale, with what each part was as its tooltip.</summary>
internal static class TimelinePicture
{
    private const double LabelWidth = 170;
    private const double ChartWidth = 800;
    private const double RowHeight = 26;
    private const double BarHeight = 14;
    private const double AxisHeight = 24;
    private const double ThinnestBar = 1;
    private const int LongestLabel = 24;
    private const int MostTicks = 10;

    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    private static readonly double[] TickSeconds = [0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 43200, 86400];

    /// <summary>Draws it.</summary>
    public static XElement Draw(Timeline timeline)
    {
        var scale = ChartWidth / Math.Max(timeline.Length.TotalSeconds, 0.001);
        var height = (timeline.Lanes.Count * RowHeight) + AxisHeight;
        return Element(
            "svg",
            [("viewBox", $"0 0 {Number(LabelWidth + ChartWidth + 10)} {Number(height)}"), ("role", "img"), ("aria-label", $"{Format.Count(timeline.Lanes.Count, "row")} over {Format.Duration(timeline.Length)}")],
            [.. Axis(timeline, scale, height), .. timeline.Lanes.SelectMany((lane, row) => Row(lane, row, scale))]);
    }

    private static IEnumerable<XElement> Axis(Timeline timeline, double scale, double height)
    {
        var seconds = timeline.Length.TotalSeconds;
        var step = TickSeconds.FirstOrDefault(step => seconds / step <= MostTicks, TickSeconds[^1]);
        for (var tick = 0; tick * step <= seconds; tick++)
        {
            var x = LabelWidth + (tick * step * scale);
            yield return Element("line", [("class", "tick"), ("x1", Number(x)), ("x2", Number(x)), ("y1", "0"), ("y2", Number(height - AxisHeight))]);
            yield return Element("text", [("class", "axis"), ("x", Number(x)), ("y", Number(height - 8))], Format.Duration(TimeSpan.FromSeconds(tick * step)));
        }
    }

    private static IEnumerable<XElement> Row(Lane lane, int row, double scale)
    {
        var top = (row * RowHeight) + ((RowHeight - BarHeight) / 2);
        var name = SafeText.Name(lane.Name);
        yield return Element(
            "text", [("class", "name"), ("x", Number(LabelWidth - 8)), ("y", Number(top + BarHeight - 3))], name.Length > LongestLabel ? $"{name[..LongestLabel]}…" : name);
        foreach (var segment in lane.Segments)
        {
            yield return Bar(
                segment.Failed ? "failed" : segment.Phase.ToString().ToLowerInvariant(), segment.From, segment.To, top, BarHeight, scale,
                $"{Format.Duration(segment.To - segment.From)}, at {Format.Duration(segment.From)}: {SafeText.Sentence(segment.Words)}");
        }

        if (lane.Blackout is { } blackout)
        {
            yield return Bar(
                "blackout", blackout.From, blackout.To, top - 3, BarHeight + 6, scale, $"it stood still for {Format.Duration(blackout.To - blackout.From)}, as QEMU measured it");
        }
    }

    private static XElement Bar(string kind, TimeSpan from, TimeSpan to, double top, double height, double scale, string words)
    {
        var bar = Element(
            "rect",
            [
                ("class", kind),
                ("x", Number(LabelWidth + (from.TotalSeconds * scale))),
                ("y", Number(top)),
                ("width", Number(Math.Max((to - from).TotalSeconds * scale, ThinnestBar))),
                ("height", Number(height)),
            ]);
        bar.Add(new XElement(Svg + "title", words));
        return bar;
    }

    private static XElement Element(string name, IReadOnlyList<(string Name, string Value)> attributes, params object[] content) =>
        new(Svg + name, attributes.Select(static attribute => new XAttribute(attribute.Name, attribute.Value)), content);

    private static string Number(double number) => number.ToString("0.##", CultureInfo.InvariantCulture);
}
