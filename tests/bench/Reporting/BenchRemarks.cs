using System.Globalization;
using HostSwap.Bench.Measuring;
using HostSwap.Bench.Sections;
using HostSwap.Bench.Worlds;

namespace HostSwap.Bench.Reporting;

/// <summary>What a reader of the table must know to judge it.</summary>
internal static class BenchRemarks
{
    /// <summary>All of it.</summary>
    public static IReadOnlyList<string> All(BenchScale scale) =>
    [
        "every method moves the same guests, to and fro between two generations of one release; the table shows medians",
        "virsh: migrate --live --p2p --persistent --undefinesource in the source's container, all else by default",
        Text($"virsh, parallel: with {VirshStyle.Width} connections; several: {VirshStyle.Width} commands at once"),
        Text($"the dirtying guest rewrites all it has filled, up to {BenchGuests.DirtyMiBPerSecond} MiB/s. By default virsh would try for ever, so it gets --timeout N --timeout-suspend;"),
        Text($"  N is 10 s and 5 s a GiB ({SingleVm.LimitOf(scale.ReferenceMiB).TotalSeconds:0} s at {scale.ReferenceMiB} MiB). hostctl's copy has the same limit and policy \"pause\"; handover needs none"),
        "elapsed: hostctl's from the move's beginning until the VM is verified; virsh's its command alone",
        Text($"downtime and blackout against virsh: at {scale.ReferenceMiB} MiB, one stream; for the dirtying guest, and with 'Idle' for the idle one"),
        "a whole host by hostctl: 'command' is the complete swap with the candidate's start; virsh's two generations run already",
        "handover, N at once: between generations that run already, with migration.parallel = N; no part of the ratios",
        "extra memory: how much more all processes held at worst: their own, tmpfs, page tables, stacks; it includes hostctl's own",
        "blackout: longest silence at 200 pings/s alone, 100 pings/s for the VM of a whole host that is on its way",
        "share: wall time in which no call to libvirt, systemd, QEMU or Docker was out, nor a candidate waited for",
    ];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
