using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Refreshing;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>What of the status is about refreshes: age, newer packages, what is to come, and what came last.</summary>
internal static class OverviewText
{
    /// <summary>Writes it.</summary>
    public static void Write(IAnsiConsole console, HostStatus status, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (status.Generations.FirstOrDefault(static generation => generation.Role == GenerationRole.Active) is { } active)
            console.Line($"{active.Name} is {Format.Age(now - active.CreatedAt)} old.");
        if (status.KernelAfterReboot is { } kernel)
            console.Line($"Kernel {SafeText.Name(kernel)} is installed and waits for a reboot of the outer host, which no refresh does.", Tone.Doubtful);
        if (status.Refresh is not { } refresh)
            return;
        WriteUpdates(console, refresh, now);
        if (refresh.Strategy != RefreshStrategy.Manual || refresh.Updates is { IsAny: true })
            console.Line($"Next: {SafeText.Sentence(refresh.Expectation)}.");
        if (refresh.Last is { } last)
        {
            console.Line(
                $"Last refresh ({last.Id}, {Format.Moment(last.StartedAt, zone)}) is {RefreshText.InWords(last.Outcome)}: {SafeText.Sentence(last.Summary)}",
                RefreshText.ToneOf(last.Outcome));
        }
    }

    private static void WriteUpdates(IAnsiConsole console, RefreshOverview refresh, DateTimeOffset now)
    {
        if (refresh.Updates is not { } updates)
            return;
        var looked = $"looked for {Format.Age(now - updates.CheckedAt)} ago";
        if (updates.Packages.Count > 0)
            console.Line($"{Format.Count(updates.Packages.Count, "newer package")}, {updates.SecurityCount} for security ({looked}): 'hostctl refresh --check' lists them.", updates.SecurityCount > 0 ? Tone.Doubtful : Tone.Plain);
        else if (updates.NeedsBuild)
            console.Line($"The image's recipe, overlay or sources have changed ({looked}).");
        else if (updates.NeedsSwap)
            console.Line($"{SafeText.Sentence(updates.Image)} is built and not active yet ({looked}).");
        else
            console.Line($"Nothing is newer ({looked}).");
    }
}
