using HostSwap.Orchestrator.Holding;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>Holds for people.</summary>
internal static class HoldText
{
    /// <summary>Writes who holds swaps; nothing where nobody does.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<Hold> holds, TimeZoneInfo zone)
    {
        foreach (var hold in holds)
            console.Line($"No swap begins {End(hold, zone)}: {SafeText.Sentence(hold.Reason)} ({hold.Id}, by {SafeText.Name(hold.By)})", Tone.Doubtful);
    }

    /// <summary>When it ends.</summary>
    public static string End(Hold hold, TimeZoneInfo zone) => hold.Until is { } until ? $"before {Format.Moment(until, zone)}" : "before it is released";
}
