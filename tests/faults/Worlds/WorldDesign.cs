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
        Plain.With("migration", "parallel = 1", "retries = 0", "bandwidth_mib_per_second = 12", "max_bandwidth_mib_per_second = 12"),
        static () =>
        [
            new GuestSpec(SlowGuest) { MemoryMiB = 384, FillMiB = 96, Disk = DiskFormat.Qcow2, Autostart = true },
            Spare(),
        ]);

    /// <summary>As the slow one, with so much to send that the last part can be caught, though QEMU takes the brake off for it.</summary>
    public static WorldDesign Big { get; } = new(
        Slow.Options,
        static () =>
        [
            new GuestSpec(SlowGuest) { MemoryMiB = 640, FillMiB = 384, Disk = DiskFormat.Qcow2, Autostart = true },
            Spare(),
        ]);

    /// <summary>The slow one has an agent, by which it can be told to power off or reboot by itself.</summary>
    public static WorldDesign Acting { get; } = new(
        Slow.Options,
        static () => [new GuestSpec(SlowGuest) { MemoryMiB = 384, FillMiB = 96, Agent = true, Autostart = true }, Spare()]);

    /// <summary>A VM that never moves live, with what becomes of it instead, and one that is shut off.</summary>
    /// <param name="policy">As in <c>restart</c>.</param>
    public static WorldDesign Pinned(string policy) => new(
        Plain.With($"vm.{PinnedGuest}", "live = false", $"when_not_live = \"{policy}\""),
        static () => [new GuestSpec(PinnedGuest) { Disk = DiskFormat.Qcow2 }, Spare()]);

    /// <summary>A VM with a device that no QEMU migrates, and that is taken from it for the move.</summary>
    public static WorldDesign Plugged { get; } = new(
        Plain.With($"vm.{PluggedGuest}", "when_not_live = \"detach-reattach\""),
        static () => [new GuestSpec(PluggedGuest) { Disk = DiskFormat.Qcow2, ExtraDevices = [DomainXmlWriter.Ring()] }, Spare()]);

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

    /// <summary>A guest that uses disk, memory and network all the time.</summary>
    public static WorldDesign Busy { get; } = new(
        Plain,
        static () =>
        [
            new GuestSpec("busy") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 512, Dirty = new DirtyLoad(32, 8), LoadsNetwork = true },
            Spare(),
        ]);

    /// <summary>
    /// A guest that dirties memory faster than it may ever be sent, and within no downtime that it may have. Without
    /// throttling, which would tame it sooner or later.
    /// </summary>
    /// <param name="policy">What becomes of its copy.</param>
    public static WorldDesign Restless(string policy) => new(
        Plain
            .With(
                "migration",
                "retries = 0",
                "auto_converge = false",
                "bandwidth_mib_per_second = 24",
                "max_bandwidth_mib_per_second = 32",
                "downtime = \"50ms\"",
                "max_downtime = \"200ms\"",
                "climb_after = \"1s\"",
                "deadline_base = \"60s\"",
                "deadline_per_gib = \"0s\"")
            .With("vm.restless", $"policy = \"{policy}\""),
        static () => [new GuestSpec("restless") { Dirty = new DirtyLoad(64, 96), Disk = DiskFormat.Qcow2, Autostart = true }, Spare()]);

    /// <summary>Many VMs, of which a few move at once and slowly enough to interfere.</summary>
    public static WorldDesign Many { get; } = new(
        Plain.With("migration", $"parallel = {ManyAtOnce}", "retries = 0", "bandwidth_mib_per_second = 16", "max_bandwidth_mib_per_second = 16"),
        static () => [.. Enumerable.Range(1, 5).Select(static number => new GuestSpec($"many{number}") { FillMiB = 32 })]);

    /// <summary>A prepared VM whose image lock is the fence of its handover, and which looks whether its memory is right.</summary>
    public static WorldDesign Locked { get; } = Handed(static () => Handing() with { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256 });

    /// <summary>The same without a disk: the end of its old QEMU is the fence.</summary>
    public static WorldDesign Unlocked { get; } = Handed(Handing);

    /// <summary>Its state directory is a file system of its own that is soon full.</summary>
    public static WorldDesign Cramped { get; } = Usual with { Options = Plain with { StateMiB = 24 } };

    /// <summary>The old generation goes on running for a while.</summary>
    public static WorldDesign Soaking { get; } = Usual with { Options = Plain.With("generation", "soak = \"1h\"") };

    /// <summary>The old generation is removed as soon as it is empty.</summary>
    public static WorldDesign Tidy { get; } = Usual with { Options = Plain.With("generation", "keep_retired = \"0s\"") };

    /// <summary>The old generation is stopped and kept.</summary>
    public static WorldDesign Keeping { get; } = Usual with { Options = Plain.With("generation", "keep_retired = \"1d\"") };

    /// <summary>How many of the many may move at once.</summary>
    public const int ManyAtOnce = 2;

    /// <summary>The slow one of the slow world.</summary>
    public const string SlowGuest = "slow";

    /// <summary>The one that never moves live.</summary>
    public const string PinnedGuest = "pinned";

    /// <summary>The one with a device.</summary>
    public const string PluggedGuest = "plugged";

    /// <summary>The one that is handed over.</summary>
    public const string HandedGuest = "handed";

    /// <summary>The one that is shut off, in every world that has one.</summary>
    public const string SpareGuest = "spare";

    /// <summary>A hook that nobody answers costs 20 s each time, which is no stand-still here. No move is tried again.</summary>
    private static WorldDesign Handed(Func<GuestSpec> guest) => new(
        Plain.With("memory", "size = \"4GiB\"").With("migration", "parallel = 1", "retries = 0", "no_progress_limit = \"2m\""),
        () => [guest(), Spare()]);

    private static GuestSpec Handing() => new(HandedGuest) { Prepared = true, Autostart = true, FillMiB = 64, Dirty = new DirtyLoad(32, 64) };

    private static GuestSpec Spare() => new(SpareGuest) { State = GuestState.ShutOff, Autostart = true, Disk = DiskFormat.Raw };
}

/// <summary>What must be true of a guest after a run.</summary>
/// <param name="State">Its state; null where it must be gone.</param>
/// <param name="NewLife">Whether it may have been booted anew: the fault was, or brought, a restart.</param>
internal sealed record Expectation(GuestState? State, bool NewLife = false);
