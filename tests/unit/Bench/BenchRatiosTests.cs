using HostSwap.Bench.Reporting;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Bench;

/// <summary>The ratios against cases that were computed by hand.</summary>
public sealed class BenchRatiosTests
{
    private const int MiB = 1 << 20;

    [Fact]
    public void Growth_is_from_the_smallest_to_the_largest_RAM_by_medians_of_handover_alone()
    {
        var ratios = Of(idle:
        [
            Row(256, Methods.Handover, elapsed: 800, downtime: 20),
            Row(256, Methods.Handover, elapsed: 1000, downtime: 30),
            Row(256, Methods.Handover, elapsed: 1600, downtime: 70),
            Row(1024, Methods.Handover, elapsed: 9000, downtime: 900),
            Row(8192, Methods.Handover, elapsed: 1200, downtime: 33),
            Row(8192, Methods.Copy, elapsed: 9999, downtime: 999),
        ]);

        ratios.ElapsedRamGrowth!.Value.ShouldBe(1.2, 1e-9);
        ratios.DowntimeRamGrowth!.Value.ShouldBe(1.1, 1e-9);
    }

    [Fact]
    public void The_worst_and_the_usual_handover_are_taken_from_all_of_them()
    {
        var host = HostRow.Of(Methods.Handover, 1024, 4000, 6000, 80 * MiB, [Vm("a", 2 * MiB, 40, 90), Vm("b", MiB, 60, 110)]);
        var ratios = BenchRatios.Of(
            4096,
            [Row(256, Methods.Handover, bytes: MiB, downtime: 20, blackout: 50, extra: 30 * MiB), Row(256, Methods.Copy, bytes: 900 * MiB, downtime: 300, blackout: 900, extra: 900 * MiB)],
            [Row(256, Methods.Handover, bytes: MiB / 2, downtime: 30, blackout: 70, extra: 35 * MiB)],
            [host],
            []);

        ratios.BytesMovedMax.ShouldBe(2 * MiB);
        ratios.ExtraMemoryPerVmMax.ShouldBe(40 * MiB);
        ratios.QemuDowntimeMsP50.ShouldBe(35);
        // Place 2.85 of 50, 70, 90, 110.
        ratios.BlackoutMsP95!.Value.ShouldBe(107, 1e-9);
    }

    [Fact]
    public void Handover_is_compared_with_virsh_at_the_reference_size_and_one_stream()
    {
        MoveRow[] Guest(double virsh) =>
        [
            Row(4096, Methods.Handover, downtime: 30, blackout: 60),
            Row(4096, Methods.Virsh, downtime: virsh, blackout: virsh * 2),
            Row(4096, Methods.VirshConnections, downtime: 1, blackout: 1),
            Row(8192, Methods.Virsh, downtime: 1, blackout: 1),
        ];
        var ratios = BenchRatios.Of(4096, Guest(60), Guest(120), [], []);

        ratios.DowntimeVsVirsh.ShouldBe(0.25);
        ratios.BlackoutVsVirsh.ShouldBe(0.25);
        ratios.DowntimeVsVirshIdle.ShouldBe(0.5);
        ratios.BlackoutVsVirshIdle.ShouldBe(0.5);
    }

    [Fact]
    public void A_handover_that_waits_is_compared_with_one_that_does_not_and_counts_in_no_other_figure()
    {
        var ratios = Of(idle: [Row(4096, Methods.Handover, downtime: 30, blackout: 60), Row(4096, Methods.HandoverWaiting, downtime: 300, blackout: 90)]);

        ratios.WaitingBlackoutVsLocked.ShouldBe(1.5);
        (ratios.QemuDowntimeMsP50, ratios.BlackoutMsP95).ShouldBe((30, 60));
    }

    [Fact]
    public void A_whole_swap_is_compared_with_the_loop_and_its_throughput_with_the_best_that_virsh_can_do()
    {
        var ratios = BenchRatios.Of(
            4096,
            [],
            [],
            [
                Host(Methods.Handover, total: 4000, command: 6000, bytes: 16),
                Host(Methods.Copy, total: 18000, command: 20000, bytes: 18000),
                Host(Methods.Virsh, total: 40000, command: 40000, bytes: 16000),
                Host(Methods.Virsh, total: 30000, command: 30000, bytes: 16000),
                Host(Methods.VirshBoth, total: 16000, command: 16000, bytes: 16000),
            ],
            []);

        ratios.HostHandoverVsVirshLoop.ShouldBe(0.2);
        ratios.HostHandoverMovesVsVirshLoop!.Value.ShouldBe(4.0 / 30, 1e-9);
        ratios.HostCopyVsVirshLoop!.Value.ShouldBe(2.0 / 3, 1e-9);
        ratios.HostCopyMovesVsVirshLoop.ShouldBe(0.6);
        // 18000 in 18 s against 16000 in 16 s.
        ratios.CopyVsBestVirshThroughput!.Value.ShouldBe(1, 1e-9);
    }

    [Fact]
    public void The_share_is_the_largest_of_the_swaps_with_the_most_VMs()
    {
        var ratios = BenchRatios.Of(4096, [], [], [], [Cost("swap", 0, 0.3), Cost("swap", 16, 0.02), Cost("swap", 16, 0.03), Cost("rollback", 16, 0.2)]);

        ratios.HostctlShare.ShouldBe(0.03);
        ratios.HostctlCpuShare.ShouldBe(0.25);
    }

    [Fact]
    public void What_was_not_measured_is_no_figure()
    {
        var ratios = Of(idle: [Row(256, Methods.Handover)]);

        ratios.ElapsedRamGrowth.ShouldBeNull();
        ratios.DowntimeVsVirsh.ShouldBeNull();
        ratios.HostHandoverVsVirshLoop.ShouldBeNull();
        ratios.CopyVsBestVirshThroughput.ShouldBeNull();
        ratios.HostctlShare.ShouldBeNull();
        ratios.HostctlCpuShare.ShouldBeNull();
    }

    private static BenchRatios Of(IReadOnlyList<MoveRow> idle) => BenchRatios.Of(4096, idle, [], [], []);

    private static MoveRow Row(
        int size, string method, double elapsed = 1, long bytes = 1, double? downtime = null, double blackout = 1, long extra = 1) =>
        new(size, method, elapsed, elapsed, bytes, downtime, blackout, extra, 0, "");

    private static HostVmRow Vm(string name, long bytes, double downtime, double blackout) => new(name, 1, bytes, downtime, blackout);

    private static HostRow Host(string method, double total, double command, long bytes) =>
        HostRow.Of(method, 1024, total, command, 0, [Vm("a", bytes, 1, 1)]);

    private static CostRow Cost(string kind, int vms, double share) => new("", kind, vms, WallMs: 4, InsideMs: 1, share, CpuMs: 1, PeakMemoryBytes: 1);
}
