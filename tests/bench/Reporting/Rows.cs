namespace HostSwap.Bench.Reporting;

/// <summary>The ways of moving that are compared; a row's method.</summary>
internal static class Methods
{
    /// <summary>hostctl, without copying RAM.</summary>
    public const string Handover = "handover";

    /// <summary>The same of a VM without an image whose lock could be the fence: it waits for the end of its old QEMU.</summary>
    public const string HandoverWaiting = "handover, waiting";

    /// <summary>hostctl, copying RAM.</summary>
    public const string Copy = "copy";

    /// <summary>Plain <c>virsh migrate</c> with its defaults; for a whole host, one VM after the other.</summary>
    public const string Virsh = "virsh";

    /// <summary>The same with parallel connections.</summary>
    public const string VirshConnections = "virsh, parallel";

    /// <summary>Several <c>virsh migrate</c> at once.</summary>
    public const string VirshLanes = "virsh, several";

    /// <summary>Several at once, each with parallel connections.</summary>
    public const string VirshBoth = "virsh, several, parallel";

    /// <summary>One of hostctl's with so many at once; null where it chooses itself.</summary>
    public static string AtOnce(string method, int? several, int connections) => string.Create(
        System.Globalization.CultureInfo.InvariantCulture, $"{method}, {several?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "its own choice"} at once{(connections > 1 ? $", {connections} connections" : "")}");
}

/// <summary>One move of one VM that is alone on its host.</summary>
/// <param name="VmMiB">RAM of the VM.</param>
/// <param name="Method">How it was moved.</param>
/// <param name="ElapsedMs">hostctl: from the move's beginning until the VM is verified; virsh: its command.</param>
/// <param name="CommandMs">The whole command that was typed.</param>
/// <param name="Bytes">What QEMU sent.</param>
/// <param name="QemuDowntimeMs">libvirt's figure of how long the guest stood still.</param>
/// <param name="BlackoutMs">How long the guest answered no ping.</param>
/// <param name="ExtraMemoryBytes">How much more memory was held at worst than before (see <see cref="Measuring.MemoryWatch"/>).</param>
/// <param name="ProberLateMs">How exact the prober was: its own lateness is part of the blackout.</param>
/// <param name="Note">What there is to say of it; empty for nothing.</param>
internal sealed record MoveRow(
    int VmMiB,
    string Method,
    double ElapsedMs,
    double CommandMs,
    long Bytes,
    double? QemuDowntimeMs,
    double BlackoutMs,
    long ExtraMemoryBytes,
    double ProberLateMs,
    string Note);

/// <summary>One VM of a whole host that was moved.</summary>
/// <param name="Name">Its name.</param>
/// <param name="ElapsedMs">How long its move took.</param>
/// <param name="Bytes">What QEMU sent.</param>
/// <param name="QemuDowntimeMs">libvirt's figure.</param>
/// <param name="BlackoutMs">How long it answered no ping.</param>
internal sealed record HostVmRow(string Name, double ElapsedMs, long Bytes, double? QemuDowntimeMs, double BlackoutMs);

/// <summary>A whole host that was moved.</summary>
/// <param name="Method">How.</param>
/// <param name="Vms">How many VMs.</param>
/// <param name="VmMiB">RAM of each.</param>
/// <param name="TotalMs">All moves, from the first one's beginning to the last one's end.</param>
/// <param name="CommandMs">The whole command: of hostctl with everything from the candidate's start to its activation.</param>
/// <param name="Bytes">What QEMU sent.</param>
/// <param name="BlackoutMsP50">Median over the VMs.</param>
/// <param name="BlackoutMsP95">95th percentile over the VMs.</param>
/// <param name="BlackoutMsMax">The worst VM's.</param>
/// <param name="QemuDowntimeMsP50">Median over the VMs.</param>
/// <param name="PeakExtraMemoryBytes">How much more memory was held at worst than before (see <see cref="Measuring.MemoryWatch"/>).</param>
/// <param name="Details">Each VM.</param>
internal sealed record HostRow(
    string Method,
    int Vms,
    int VmMiB,
    double TotalMs,
    double CommandMs,
    long Bytes,
    double? BlackoutMsP50,
    double? BlackoutMsP95,
    double? BlackoutMsMax,
    double? QemuDowntimeMsP50,
    long PeakExtraMemoryBytes,
    IReadOnlyList<HostVmRow> Details)
{
    /// <summary>How fast RAM was sent.</summary>
    public double MiBPerSecond => TotalMs > 0 ? Bytes / 1048576.0 / (TotalMs / 1000) : 0;

    /// <summary>Sums the VMs up.</summary>
    public static HostRow Of(string method, int vmMiB, double totalMs, double commandMs, long peakExtra, IReadOnlyList<HostVmRow> vms)
    {
        double[] blackouts = [.. vms.Select(static vm => vm.BlackoutMs)];
        return new HostRow(
            method,
            vms.Count,
            vmMiB,
            totalMs,
            commandMs,
            vms.Sum(static vm => vm.Bytes),
            Statistics.Median(blackouts),
            Statistics.Percentile(blackouts, 95),
            Statistics.Largest(blackouts),
            Statistics.Median(vms.Select(static vm => vm.QemuDowntimeMs).OfType<double>()),
            peakExtra,
            vms);
    }
}

/// <summary>What one run of hostctl cost by itself.</summary>
/// <param name="Run">Which, in words.</param>
/// <param name="Kind"><c>swap</c>, or <c>rollback</c>, which starts no candidate.</param>
/// <param name="Vms">How many VMs it moved.</param>
/// <param name="WallMs">From its start to its end.</param>
/// <param name="InsideMs">Time in which at least one call to libvirt, systemd, QEMU or Docker was out, or a candidate was waited for.</param>
/// <param name="Share">The rest, as a part of the whole.</param>
/// <param name="CpuMs">CPU time of hostctl, during calls and outside them.</param>
/// <param name="PeakMemoryBytes">Its own peak (VmHWM).</param>
internal sealed record CostRow(
    string Run, string Kind, int Vms, double WallMs, double InsideMs, double Share, double CpuMs, long PeakMemoryBytes);

/// <summary>How long a verb takes.</summary>
/// <param name="Verb">Its command line.</param>
/// <param name="Samples">How often it was run.</param>
/// <param name="MedianMs">Median of the wall times.</param>
/// <param name="MaxMs">The longest.</param>
internal sealed record StartUpRow(string Verb, int Samples, double? MedianMs, double? MaxMs);

/// <summary>A generation's beginning and end.</summary>
/// <param name="StartMs">The candidate's container is made and started.</param>
/// <param name="ReadyMs">From there until systemd, libvirt and its network are ready.</param>
/// <param name="RetireMs"><c>hostctl retire --now</c> of an empty old generation: its libvirt is closed, its container stopped.</param>
internal sealed record LifecycleRow(double? StartMs, double? ReadyMs, double? RetireMs);
