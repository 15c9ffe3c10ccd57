using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Fleet;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary>The fleet for people.</summary>
internal static class FleetText
{
    /// <summary>Writes who is being swapped.</summary>
    public static void Write(IAnsiConsole console, FleetStatus status, TimeZoneInfo zone)
    {
        if (status.Service == FleetService.None)
        {
            console.Line("This server asks no other: the configuration has no fleet.service.");
            return;
        }

        var limit = status.Limit is { } most ? $", at most {Format.Count(most, "server")} at once" : "";
        console.Line($"Group {status.Group}{limit}; this server is {status.Member}.");
        if (status.Holders is not { } holders)
        {
            console.Line("Who has a slot is for the lock manager to tell: the FleetLock protocol has no question for it.");
            return;
        }

        if (holders.Count == 0)
        {
            console.Line("No server of it is being swapped.");
            return;
        }

        var table = Layout.Table("Member", "Host", "Since");
        foreach (var holder in holders)
        {
            var own = string.Equals(holder.Member, status.Member, StringComparison.Ordinal) ? " (this server)" : "";
            table.AddRow(Layout.Cell(SafeText.Name(holder.Member) + own), Layout.Name(holder.Host), Layout.Cell(holder.Since is { } since ? Format.Moment(since, zone) : "?"));
        }

        console.Show(table);
    }
}
