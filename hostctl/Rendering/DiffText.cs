using HostSwap.Orchestrator.Comparing;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>The comparison of two generations for people.</summary>
internal static class DiffText
{
    /// <summary>Writes every difference with its definitions, and the sum.</summary>
    public static void Write(IAnsiConsole console, GenerationComparison comparison, TimeZoneInfo zone)
    {
        console.Line($"- {Describe(comparison.From, zone)}");
        console.Line($"+ {Describe(comparison.To, zone)}");
        console.WriteLine();
        foreach (var difference in comparison.Differences)
        {
            console.Line($"{Sign(difference.Kind)} {SafeText.Name(difference.Subject)}: {difference.What}", Tone.Strong);
            console.Diff(difference.Diff, indent: "    ");
        }

        if (comparison.Differences.Count == 0)
            console.Line("They hold the same.", Tone.Good);
        else
            console.Line($"{Format.Count(comparison.Differences.Count, "difference")}.", Tone.Doubtful);
    }

    private static string Describe(ComparedGeneration generation, TimeZoneInfo zone) =>
        $"gen-{generation.Number} ({SafeText.Name(generation.Image)}) {(generation.Recorded ? "when its VMs left it" : "now")}, {Format.Moment(generation.At, zone)}";

    private static char Sign(DifferenceKind kind) => kind switch
    {
        DifferenceKind.Missing => '-',
        DifferenceKind.Extra => '+',
        _ => '~',
    };
}
