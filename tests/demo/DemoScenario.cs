using HostSwap.Lab.Guests;

namespace HostSwap.Demo;

/// <summary>Who lives on the host that is refreshed.</summary>
internal static class DemoScenario
{
    /// <summary>A libvirt network, to show that it is carried across.</summary>
    public const string Network = "backstage";

    /// <summary>Its bridge.</summary>
    public const string NetworkBridge = "virbr-back";

    /// <summary>A storage pool, likewise.</summary>
    public const string Pool = "images";

    /// <summary>No running VM may be silent for longer.</summary>
    public static readonly TimeSpan BlackoutLimit = TimeSpan.FromMilliseconds(500);

    /// <summary>The swap may not take longer.</summary>
    public static readonly TimeSpan SwapLimit = TimeSpan.FromSeconds(60);

    /// <summary>The guests: of two the RAM is handed over, one behind the lock on its disk, one behind the end of its old QEMU.</summary>
    public static IReadOnlyList<GuestSpec> Guests =>
    [
        new("web") { Autostart = true },
        new("db") { Disk = DiskFormat.Qcow2, DiskMiB = 256, DiskKiBPerSecond = 512, Prepared = true },
        new("cache") { MemoryMiB = 384, Dirty = new DirtyLoad(64, 40), Prepared = true },
        new("paused") { State = GuestState.Paused, Disk = DiskFormat.Raw },
        new("spare") { State = GuestState.ShutOff, Disk = DiskFormat.Qcow2 },
    ];
}
