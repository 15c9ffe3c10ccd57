using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.Faults.Worlds;

/// <summary>What an outer host is made of; two runs of one design may share one.</summary>
/// <param name="Options">Its configuration.</param>
/// <param name="Guests">Makes its guests' specifications: each outer host has its own UUIDs.</param>
internal sealed record WorldDesign(LabOptions Options, Func<IReadOnlyList<GuestSpec>> Guests)
{
    private static readonly LabOptions Plain = new() { Purpose = "faults" };

    /// <summary>
    /// A VM with disk that starts by itself, one that was only created, and one that is shut off and starts by itself. No
    /// paused one: what has arrived paused cannot leave QEMU 7.2 again.
    /// </summary>
    public static WorldDesign Usual { get; } = new(
        Plain,
        static () =>
        [
            new GuestSpec("web") { Disk = DiskFormat.Qcow2, Autostart = true },
            new GuestSpec("fleeting") { Persistent = false },
            Spare(),
        ]);

    /// <summary>One VM after the other, and the first takes some ten seconds: what it fills cannot be compressed. No move is tried again.</summary>
    public static WorldDesign Slow { get; } = new(
        Plain.With("migration", "parallel = 1", "retries = 0", "bandwidth_mib_per_second = 12"),
        static () =>
        [
            new GuestSpec(SlowGuest) { MemoryMiB = 384, FillMiB = 96, Disk = DiskFormat.Qcow2, Autostart = true },
            Spare(),
        ]);

    /// <summary>What a reboot tells apart: a VM that starts by itself, one that does not, and one that was shut off and does.</summary>
    public static WorldDesign Bootable { get; } = new(
        Plain,
        static () =>
        [
            new GuestSpec("web") { Disk = DiskFormat.Qcow2, Autostart = true },
            new GuestSpec("batch"),
            // Without a disk: libvirt gives one to QEMU's own group when it starts, which is no doing of a swap.
            Spare() with { Disk = DiskFormat.None },
        ]);

    /// <summary>The slow one of the slow world.</summary>
    public const string SlowGuest = "slow";

    private static GuestSpec Spare() => new("spare") { State = GuestState.ShutOff, Autostart = true, Disk = DiskFormat.Raw };
}

/// <summary>What must be true of a guest after a run.</summary>
/// <param name="State">Its state; null where it must be gone.</param>
/// <param name="NewLife">Whether it may have been booted anew: the fault was, or brought, a restart.</param>
internal sealed record Expectation(GuestState? State, bool NewLife = false);
