using CsCheck;
using HostSwap.Orchestrator.Comparing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Comparing;

public sealed class UnifiedDiffTests
{
    private static readonly Gen<string> Texts = Gen.Int[0, 3].Select(at => new[] { "a", "b", "c", "" }[at]).Array[0, 30].Select(lines => string.Join('\n', lines));

    [Fact]
    public void What_is_the_same_has_no_difference() => UnifiedDiff.Render("a\nb\n", "a\nb\n").ShouldBeEmpty();

    [Fact]
    public void Changes_have_three_lines_around_them_and_are_told_together_where_those_touch() =>
        UnifiedDiff.Render("1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12\n13\n14\n15\n16", "1\n2\n3\n4\nfive\n6\n7\n8\n9\n10\n12\n13\n14\n15\n16\n17").ShouldBe(
            "@@ -2,15 +2,15 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n 9\n 10\n-11\n 12\n 13\n 14\n 15\n 16\n+17\n");

    [Fact]
    public void Distant_changes_are_told_apart() =>
        UnifiedDiff.Render("1\n2\n3\n4\n5\n6\n7\n8\n9", "0\n2\n3\n4\n5\n6\n7\n8\n0").ShouldBe(
            "@@ -1,4 +1,4 @@\n-1\n+0\n 2\n 3\n 4\n@@ -6,4 +6,4 @@\n 6\n 7\n 8\n-9\n+0\n");

    [Fact]
    public void Both_texts_can_be_read_from_it() => Gen.Select(Texts, Texts).Sample((before, after) =>
        string.Equals(Apply(before, UnifiedDiff.Render(before, after)), after, StringComparison.Ordinal));

    [Fact]
    public void A_small_change_of_a_large_text_is_found_soon()
    {
        var lines = Enumerable.Range(0, 100_000).Select(number => $"{number % 100}").ToList();
        var before = string.Join('\n', lines);
        lines.Insert(50_000, "new");

        UnifiedDiff.Render(before, string.Join('\n', lines)).ShouldContain("\n+new\n");
    }

    /// <summary>What patch(1) does.</summary>
    private static string Apply(string before, string diff)
    {
        if (diff.Length == 0)
            return before;
        var old = before.Split('\n');
        var (at, result) = (0, new List<string>());
        foreach (var line in diff.Split('\n')[..^1])
        {
            if (line.StartsWith("@@", StringComparison.Ordinal))
            {
                var start = int.Parse(line[4..line.IndexOf(',', StringComparison.Ordinal)], System.Globalization.CultureInfo.InvariantCulture) - 1;
                result.AddRange(old[at..start]);
                at = start;
            }
            else if (line[0] == '+')
            {
                result.Add(line[1..]);
            }
            else
            {
                old[at++].ShouldBe(line[1..]);
                if (line[0] == ' ')
                    result.Add(line[1..]);
            }
        }

        return string.Join('\n', result.Concat(old[at..]));
    }
}
