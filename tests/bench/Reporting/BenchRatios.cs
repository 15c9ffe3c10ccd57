namespace HostSwap.Bench.Reporting;

/// <summary>
/// What was measured, as ratios in one run; null where a part of it was not measured. Single figures (bytes,
/// milliseconds) are here too where a bar is set for them.
/// </summary>
internal sealed record BenchRatios
{
    /// <summary>Handover's time at the largest RAM by that at the smallest; medians.</summary>
    public double? ElapsedRamGrowth { get; init; }

    /// <summary>The same of QEMU's downtime.</summary>
    public double? DowntimeRamGrowth { get; init; }

    /// <summary>The most that QEMU sent in any handover, in bytes.</summary>
    public double? BytesMovedMax { get; init; }

    /// <summary>The most memory that any handover took for a while, a VM, in bytes.</summary>
    public double? ExtraMemoryPerVmMax { get; init; }

    /// <summary>Median of QEMU's downtime over all handovers, of single VMs and of whole hosts.</summary>
    public double? QemuDowntimeMsP50 { get; init; }

    /// <summary>95th percentile of the blackout over all handovers, of single VMs and of whole hosts.</summary>
    public double? BlackoutMsP95 { get; init; }

    /// <summary>Blackout of a handover that waits for the end of the old QEMU to that of one whose fence is an image lock; medians.</summary>
    public double? WaitingBlackoutVsLocked { get; init; }

    /// <summary>Downtime by handover to that by virsh at its defaults, for the guest that dirties its memory.</summary>
    public double? DowntimeVsVirsh { get; init; }

    /// <summary>The same of the blackout.</summary>
    public double? BlackoutVsVirsh { get; init; }

    /// <summary>Downtime by handover to that by virsh at its defaults, for the idle guest.</summary>
    public double? DowntimeVsVirshIdle { get; init; }

    /// <summary>The same of the blackout.</summary>
    public double? BlackoutVsVirshIdle { get; init; }

    /// <summary>The whole swap of a host by handover, with its candidate's start, to a loop of <c>virsh migrate</c> alone.</summary>
    public double? HostHandoverVsVirshLoop { get; init; }

    /// <summary>The same by copy.</summary>
    public double? HostCopyVsVirshLoop { get; init; }

    /// <summary>The moves alone of a host by handover to that loop.</summary>
    public double? HostHandoverMovesVsVirshLoop { get; init; }

    /// <summary>The moves alone by copy to that loop.</summary>
    public double? HostCopyMovesVsVirshLoop { get; init; }

    /// <summary>Bytes a second of the moves by copy to those of the fastest way of using virsh.</summary>
    public double? CopyVsBestVirshThroughput { get; init; }

    /// <summary>The largest share of a whole host's swap that was spent outside libvirt, QEMU and Docker.</summary>
    public double? HostctlShare { get; init; }

    /// <summary>The largest share of a whole host's swap that hostctl's own CPU time makes, on however many cores.</summary>
    public double? HostctlCpuShare { get; init; }

    /// <summary>Computes them.</summary>
    /// <param name="referenceMiB">The RAM at which a guest's handover is compared with its migration by virsh.</param>
    /// <param name="idle">Moves of the idle guests.</param>
    /// <param name="dirtying">Moves of the guests that dirty their memory.</param>
    /// <param name="hosts">Whole hosts.</param>
    /// <param name="costs">hostctl's own cost.</param>
    public static BenchRatios Of(
        int referenceMiB, IReadOnlyList<MoveRow> idle, IReadOnlyList<MoveRow> dirtying, IReadOnlyList<HostRow> hosts, IReadOnlyList<CostRow> costs)
    {
        var handovers = By(idle.Concat(dirtying), Methods.Handover).ToList();
        var handedOver = hosts.Where(static host => Is(host.Method, Methods.Handover)).ToList();
        var swaps = costs.Where(static cost => cost.Kind is "swap").ToList();
        var whole = swaps.Where(cost => cost.Vms == swaps.Max(static swap => swap.Vms)).ToList();
        var loop = Best(hosts, Methods.Virsh, static host => host.TotalMs);
        return new BenchRatios
        {
            ElapsedRamGrowth = Growth(idle, static row => row.ElapsedMs),
            DowntimeRamGrowth = Growth(idle, static row => row.QemuDowntimeMs),
            BytesMovedMax = Statistics.Largest([
                .. handovers.Select(static row => (double)row.Bytes),
                .. handedOver.SelectMany(static host => host.Details).Select(static vm => (double)vm.Bytes)]),
            ExtraMemoryPerVmMax = Statistics.Largest([
                .. handovers.Select(static row => (double)row.ExtraMemoryBytes),
                .. handedOver.Select(static host => (double)host.PeakExtraMemoryBytes / host.Vms)]),
            QemuDowntimeMsP50 = Statistics.Median([
                .. handovers.Select(static row => row.QemuDowntimeMs).OfType<double>(),
                .. handedOver.SelectMany(static host => host.Details).Select(static vm => vm.QemuDowntimeMs).OfType<double>()]),
            BlackoutMsP95 = Statistics.Percentile(
                [.. handovers.Select(static row => row.BlackoutMs), .. handedOver.SelectMany(static host => host.Details).Select(static vm => vm.BlackoutMs)], 95),
            WaitingBlackoutVsLocked = Statistics.Ratio(
                MedianAt(By(idle, Methods.HandoverWaiting), referenceMiB, static row => row.BlackoutMs),
                MedianAt(By(idle, Methods.Handover), referenceMiB, static row => row.BlackoutMs)),
            DowntimeVsVirsh = VsVirsh(dirtying, referenceMiB, static row => row.QemuDowntimeMs),
            BlackoutVsVirsh = VsVirsh(dirtying, referenceMiB, static row => row.BlackoutMs),
            DowntimeVsVirshIdle = VsVirsh(idle, referenceMiB, static row => row.QemuDowntimeMs),
            BlackoutVsVirshIdle = VsVirsh(idle, referenceMiB, static row => row.BlackoutMs),
            HostHandoverVsVirshLoop = Statistics.Ratio(Best(hosts, Methods.Handover, static host => host.CommandMs), loop),
            HostCopyVsVirshLoop = Statistics.Ratio(Best(hosts, Methods.Copy, static host => host.CommandMs), loop),
            HostHandoverMovesVsVirshLoop = Statistics.Ratio(Best(hosts, Methods.Handover, static host => host.TotalMs), loop),
            HostCopyMovesVsVirshLoop = Statistics.Ratio(Best(hosts, Methods.Copy, static host => host.TotalMs), loop),
            CopyVsBestVirshThroughput = Statistics.Ratio(
                Statistics.Largest(hosts.Where(static host => Is(host.Method, Methods.Copy)).Select(static host => host.MiBPerSecond)),
                Statistics.Largest(hosts.Where(static host => host.Method.StartsWith(Methods.Virsh, StringComparison.Ordinal)).Select(static host => host.MiBPerSecond))),
            HostctlShare = Statistics.Largest(whole.Select(static cost => cost.Share)),
            HostctlCpuShare = Statistics.Largest(whole.Select(static cost => cost.CpuMs / cost.WallMs)),
        };
    }

    private static double? Growth(IReadOnlyList<MoveRow> rows, Func<MoveRow, double?> figure)
    {
        var handovers = By(rows, Methods.Handover).ToList();
        int[] sizes = [.. handovers.Select(static row => row.VmMiB).Distinct().Order()];
        return sizes.Length < 2 ? null : Statistics.Ratio(MedianAt(handovers, sizes[^1], figure), MedianAt(handovers, sizes[0], figure));
    }

    private static double? VsVirsh(IReadOnlyList<MoveRow> rows, int size, Func<MoveRow, double?> figure) =>
        Statistics.Ratio(MedianAt(By(rows, Methods.Handover), size, figure), MedianAt(By(rows, Methods.Virsh), size, figure));

    private static double? MedianAt(IEnumerable<MoveRow> rows, int size, Func<MoveRow, double?> figure) =>
        Statistics.Median(rows.Where(row => row.VmMiB == size).Select(figure).OfType<double>());

    /// <summary>The fastest of several runs: what else went on in the machine has slowed the others.</summary>
    private static double? Best(IReadOnlyList<HostRow> hosts, string method, Func<HostRow, double> figure) =>
        Statistics.Percentile(hosts.Where(host => Is(host.Method, method)).Select(figure), 0);

    private static IEnumerable<MoveRow> By(IEnumerable<MoveRow> rows, string method) => rows.Where(row => Is(row.Method, method));

    private static bool Is(string method, string wanted) => string.Equals(method, wanted, StringComparison.Ordinal);
}
