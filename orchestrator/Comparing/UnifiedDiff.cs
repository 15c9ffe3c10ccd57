using System.Globalization;
using System.Text;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>
/// Compares two texts line by line and writes the difference in diff's unified form, by Myers' algorithm ("An O(ND)
/// Difference Algorithm", 1986), whose cost grows with the number of changed lines and not with the length of both texts.
/// </summary>
public static class UnifiedDiff
{
    private const int Context = 3;

    private enum Kind
    {
        Same,
        Removed,
        Added,
    }

    /// <summary>The difference; empty where there is none. Lines end with a newline, and begin with a space, + or -.</summary>
    public static string Render(string before, string after)
    {
        var lines = Compare(before.Split('\n'), after.Split('\n'));
        var text = new StringBuilder();
        var changed = Enumerable.Range(0, lines.Count).Where(at => lines[at].Kind != Kind.Same).ToList();
        for (var first = 0; first < changed.Count;)
        {
            // Changes whose surroundings touch are told together.
            var last = first;
            while (last + 1 < changed.Count && changed[last + 1] - changed[last] <= 2 * Context)
                last++;
            var (begin, end) = (Math.Max(0, changed[first] - Context), Math.Min(lines.Count, changed[last] + Context + 1));
            AppendHunk(text, lines, begin, end);
            first = last + 1;
        }

        return text.ToString();
    }

    private static void AppendHunk(StringBuilder text, List<(Kind Kind, string Text)> lines, int begin, int end)
    {
        var (oldStart, oldCount) = (Count(lines, 0, begin, Kind.Added) + 1, Count(lines, begin, end, Kind.Added));
        var (newStart, newCount) = (Count(lines, 0, begin, Kind.Removed) + 1, Count(lines, begin, end, Kind.Removed));
        text.Append(CultureInfo.InvariantCulture, $"@@ -{oldStart},{oldCount} +{newStart},{newCount} @@\n");
        for (var at = begin; at < end; at++)
            text.Append(lines[at].Kind switch { Kind.Removed => '-', Kind.Added => '+', _ => ' ' }).Append(lines[at].Text).Append('\n');
    }

    private static int Count(List<(Kind Kind, string Text)> lines, int begin, int end, Kind without) =>
        lines.Skip(begin).Take(end - begin).Count(line => line.Kind != without);

    private static List<(Kind Kind, string Text)> Compare(string[] before, string[] after)
    {
        // furthest[k]: how far down the old text one comes on diagonal k with so many changes.
        var most = before.Length + after.Length;
        var history = new List<Dictionary<int, int>>();
        var furthest = new Dictionary<int, int> { [1] = 0 };
        for (var changes = 0; changes <= most; changes++)
        {
            history.Add(new Dictionary<int, int>(furthest));
            for (var k = -changes; k <= changes; k += 2)
            {
                var x = IsDown(furthest, k, changes) ? furthest[k + 1] : furthest[k - 1] + 1;
                while (x < before.Length && x - k < after.Length && string.Equals(before[x], after[x - k], StringComparison.Ordinal))
                    x++;
                furthest[k] = x;
                if (x >= before.Length && x - k >= after.Length)
                    return Trace(before, after, history);
            }
        }

        throw new InvalidOperationException("two texts differ in no more lines than they have");
    }

    private static bool IsDown(Dictionary<int, int> furthest, int k, int changes) =>
        k == -changes || (k != changes && furthest[k - 1] < furthest[k + 1]);

    private static List<(Kind Kind, string Text)> Trace(string[] before, string[] after, List<Dictionary<int, int>> history)
    {
        var lines = new List<(Kind Kind, string Text)>();
        var (x, y) = (before.Length, after.Length);
        for (var changes = history.Count - 1; changes >= 0; changes--)
        {
            var k = x - y;
            var from = IsDown(history[changes], k, changes) ? k + 1 : k - 1;
            var fromX = history[changes][from];
            var fromY = fromX - from;
            while (x > fromX && y > fromY && x > 0 && y > 0)
            {
                lines.Add((Kind.Same, before[--x]));
                y--;
            }

            if (changes == 0)
                break;
            lines.Add(x == fromX ? (Kind.Added, after[fromY]) : (Kind.Removed, before[fromX]));
            (x, y) = (fromX, fromY);
        }

        lines.Reverse();
        return lines;
    }
}
