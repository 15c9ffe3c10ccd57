using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace HostSwap.Hostctl.Rendering;

/// <summary><c>status</c> and <c>vm list</c> for people.</summary>
internal static class StatusText
{
    /// <summary>Writes the whole status.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="status">What was seen.</param>
    /// <param name="findings">What doctor warns of, or finds wrong.</param>
    /// <param name="now">The time, for ages.</param>
    /// <param name="zone">The operator's time zone.</param>
    public static void Write(IAnsiConsole console, HostStatus status, IReadOnlyList<HealthCheck> findings, DateTimeOffset now, TimeZoneInfo zone)
    {
        if (!status.Initialised)
        {
            console.Line("This outer host is not initialised. Run 'hostctl init'.", Tone.Doubtful);
            return;
        }

        WriteGenerations(console, status, zone);
        WriteVms(console, status.VirtualMachines);
        OverviewText.Write(console, status, now, zone);
        HoldText.Write(console, status.Holds, zone);
        if (status.LockHolder is { } holder) console.Line($"Locked by {holder}.", Tone.Doubtful);
        if (status.UnfinishedSwap is { } swap)
        {
            console.Line(
                $"Swap {swap} has no recorded end. 'hostctl show {swap}' says how far it came.",
                status.LockHolder is null ? Tone.Bad : Tone.Doubtful);
        }

        // That one is told above, with what to do.
        foreach (var finding in findings.Where(static finding => finding.Name is not "unfinished-swap"))
        {
            console.Line(
                $"{finding.Name}: {SafeText.Sentence(finding.Message)}{(finding.Fix.Length > 0 ? $" {SafeText.Sentence(finding.Fix)}" : "")}",
                finding.Status == HealthStatus.Error ? Tone.Bad : Tone.Doubtful);
        }
    }

    /// <summary>Writes the VMs.</summary>
    /// <param name="console">Where to.</param>
    /// <param name="vms">The VMs.</param>
    /// <param name="handover">Whether each can be handed over; null where that was not looked at.</param>
    public static void WriteVms(IAnsiConsole console, IReadOnlyList<VmStatus> vms, Func<VmStatus, IRenderable>? handover = null)
    {
        if (vms.Count == 0)
        {
            console.Line("There are no VMs.");
            return;
        }

        IReadOnlyList<string> headings = ["VM", "State", "Generation", "Persistent", "Autostart"];
        var table = Layout.Table([.. headings, .. handover is null ? Array.Empty<string>() : ["Handover"], "UUID"]);
        foreach (var vm in vms.OrderBy(vm => vm.Name, StringComparer.Ordinal).ThenBy(vm => vm.Generation))
        {
            List<IRenderable> row =
            [
                Layout.Name(vm.Name),
                Layout.Cell(vm.Saved ? $"{Words.OfState(vm.State)}, saved" : Words.OfState(vm.State), ToneOf(vm.State)),
                Layout.Cell($"gen-{vm.Generation}"),
                Layout.Cell(YesNo(vm.Persistent)),
                Layout.Cell(YesNo(vm.Autostart)),
            ];
            if (handover is not null) row.Add(handover(vm));
            row.Add(Layout.Cell(vm.Uuid.ToString()));
            table.AddRow(row);
        }

        console.Show(table);
    }

    /// <summary>Writes one generation, after it has been started.</summary>
    public static void WriteGeneration(IAnsiConsole console, GenerationStatus generation)
    {
        console.Line(
            $"{generation.Name} is {Words.Of(generation.Role)} and {generation.State}: image {generation.Image} "
            + $"({Format.Digest(generation.ImageId)}), libvirt {Version(generation.LibvirtVersion)}, "
            + $"QEMU {Version(generation.QemuVersion)}.",
            ToneOf(generation.State));
        WriteFailedUnits(console, generation);
    }

    private static void WriteGenerations(IAnsiConsole console, HostStatus status, TimeZoneInfo zone)
    {
        if (status.Generations.Count == 0)
        {
            console.Line("There is no generation yet. Run 'hostctl start'.", Tone.Doubtful);
            return;
        }

        var table = Layout.Table("Generation", "Role", "State", "Image", "libvirt", "QEMU", ">VMs", "Created");
        foreach (var generation in status.Generations)
        {
            table.AddRow(
                Layout.Cell(generation.Name, generation.Role == GenerationRole.Active ? Tone.Strong : Tone.Plain),
                Layout.Cell(Words.Of(generation.Role)),
                Layout.Cell(generation.State, ToneOf(generation.State)),
                Layout.Name(generation.Image),
                Layout.Cell(Version(generation.LibvirtVersion)),
                Layout.Cell(Version(generation.QemuVersion)),
                Layout.Cell($"{status.VirtualMachines.Count(vm => vm.Generation == generation.Number)}"),
                Layout.Cell(Format.Moment(generation.CreatedAt, zone)));
        }

        console.Show(table);
        foreach (var generation in status.Generations) WriteFailedUnits(console, generation);
    }

    private static void WriteFailedUnits(IAnsiConsole console, GenerationStatus generation)
    {
        if (generation.FailedUnits.Count > 0)
            console.Line($"Failed units in {generation.Name}: {string.Join(", ", generation.FailedUnits)}", Tone.Bad);
    }

    private static string Version(Version? version) => version?.ToString() ?? "?";

    private static string YesNo(bool value) => value ? "yes" : "no";

    private static Tone ToneOf(string state) => state switch
    {
        "running" => Tone.Good,
        "degraded" or "starting" => Tone.Doubtful,
        "missing" or "unreachable" => Tone.Bad,
        _ => Tone.Plain,
    };

    /// <summary>The tone that a domain's state has everywhere.</summary>
    public static Tone ToneOf(DomainState state) => state switch
    {
        DomainState.Running => Tone.Good,
        DomainState.Crashed => Tone.Bad,
        DomainState.ShutOff => Tone.Faint,
        _ => Tone.Doubtful,
    };
}
