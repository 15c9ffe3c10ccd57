using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Refreshing;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Refreshes for people.</summary>
internal static class RefreshText
{
    /// <summary>The most packages that are named.</summary>
    private const int MostNamed = 20;

    /// <summary>Writes what came of one.</summary>
    public static void Write(IAnsiConsole console, RefreshResult result)
    {
        if (result.Record is not { } record)
        {
            console.Line($"Nothing is begun: {SafeText.Sentence(result.Decision.Reason)}. changed: false");
            return;
        }

        if (record.Updates is { } updates) WritePackages(console, updates);
        foreach (var warning in record.Warnings) console.Line($"Warning: {SafeText.Sentence(warning)}", Tone.Doubtful);
        console.Line($"Refresh {record.Id} is {InWords(record.Outcome)}: {SafeText.Sentence(record.Summary)}", ToneOf(record.Outcome));
        if (record.Report is { } report) console.Line($"The report is {report}.");
        console.Line($"changed: {(record.Changed ? "true" : "false")}");
    }

    /// <summary>Writes which packages are newer, security updates first.</summary>
    public static void WritePackages(IAnsiConsole console, UpdateReport updates)
    {
        if (updates.Packages.Count == 0) return;
        var table = Layout.Table("Package", "Now", "Newer", "Security");
        foreach (var package in updates.Packages.OrderByDescending(static package => package.Security).ThenBy(static package => package.Name, StringComparer.Ordinal).Take(MostNamed))
        {
            table.AddRow(
                Layout.Name(package.Name),
                Layout.Name(package.From ?? "-"),
                Layout.Name(package.To),
                Layout.Cell(package.Security ? "yes" : "no", package.Security ? Tone.Doubtful : Tone.Plain));
        }

        console.Show(table);
        if (updates.Packages.Count > MostNamed) console.Line($"… and {updates.Packages.Count - MostNamed} more.", Tone.Faint);
    }

    /// <summary>An outcome as it completes the sentence "refresh 7 is …".</summary>
    public static string InWords(RefreshOutcome outcome) => outcome switch
    {
        RefreshOutcome.Running => "not ended",
        RefreshOutcome.Nothing => "done, with nothing to do",
        RefreshOutcome.Ended => "ended",
        RefreshOutcome.Done => "done",
        RefreshOutcome.Vetoed => "vetoed, and nothing was moved",
        RefreshOutcome.Deferred => "put off, and nothing was moved",
        RefreshOutcome.Refused => "refused by the plan, and nothing was moved",
        RefreshOutcome.Failed => "failed, and nothing was moved",
        RefreshOutcome.FailedOnOldSide => "failed, with every VM on the old side",
        RefreshOutcome.FailedOnBothSides => "failed, with VMs on both sides",
        RefreshOutcome.Stopped => "stopped in order",
        RefreshOutcome.SoakFailed => "done, but something is wrong",
        RefreshOutcome.RolledBack => "rolled back",
        _ => "in need of a person",
    };

    /// <summary>The tone of an outcome.</summary>
    public static Tone ToneOf(RefreshOutcome outcome) => outcome switch
    {
        RefreshOutcome.Done or RefreshOutcome.Nothing or RefreshOutcome.Ended => Tone.Good,
        RefreshOutcome.Running or RefreshOutcome.Vetoed or RefreshOutcome.Deferred or RefreshOutcome.Stopped => Tone.Doubtful,
        _ => Tone.Bad,
    };
}
