using System.Xml.Linq;

namespace HostSwap.Lab.Guests;

/// <summary>The state in which a guest is put before a test.</summary>
public enum GuestState
{
    /// <summary>Booted and ticking.</summary>
    Running,

    /// <summary>Booted, ticking, then suspended: its QEMU exists and its CPUs stand still.</summary>
    Paused,

    /// <summary>Defined only.</summary>
    ShutOff,
}

/// <summary>Format of a guest's disk.</summary>
public enum DiskFormat
{
    /// <summary>No disk.</summary>
    None,

    /// <summary>QEMU's own format, which has snapshots.</summary>
    Qcow2,

    /// <summary>A plain image.</summary>
    Raw,
}

/// <summary>Memory that a guest rewrites all the time.</summary>
/// <param name="MiB">How much of it.</param>
/// <param name="MiBPerSecond">How fast.</param>
public sealed record DirtyLoad(int MiB, int MiBPerSecond);

/// <summary>What a guest shall be.</summary>
/// <param name="Name">Its libvirt name; any text that libvirt accepts.</param>
public sealed record GuestSpec(string Name)
{
    /// <summary>Its UUID.</summary>
    public Guid Uuid { get; init; } = Guid.NewGuid();

    /// <summary>RAM; 256 MiB is what the tiny guest needs.</summary>
    public int MemoryMiB { get; init; } = 256;

    /// <summary>Virtual CPUs.</summary>
    public int Cpus { get; init; } = 1;

    /// <summary>Its state before the test.</summary>
    public GuestState State { get; init; } = GuestState.Running;

    /// <summary>Whether it is defined, or only created and gone when it stops.</summary>
    public bool Persistent { get; init; } = true;

    /// <summary>Whether libvirt starts it by itself.</summary>
    public bool Autostart { get; init; }

    /// <summary>A machine type that the QEMU of both Debian releases has.</summary>
    public string MachineType { get; init; } = "pc-q35-7.2";

    /// <summary>A named CPU model that a plain emulator can run too.</summary>
    public string CpuModel { get; init; } = "Nehalem";

    /// <summary>Its CPU as it stands instead of that model.</summary>
    public XElement? Cpu { get; init; }

    /// <summary>Path of firmware in flash memory, instead of the machine's own.</summary>
    public string? Loader { get; init; }

    /// <summary>Its disk.</summary>
    public DiskFormat Disk { get; init; }

    /// <summary>Its first disk as it stands, <c>vda</c>, instead of one that the lab makes; whoever gives it has made the image.</summary>
    public XElement? FirstDisk { get; init; }

    /// <summary>Size of its disk.</summary>
    public int DiskMiB { get; init; } = 64;

    /// <summary>Directory of its disk; null for the lab's shared one.</summary>
    public string? DiskDirectory { get; init; }

    /// <summary>How much it writes to its disk all the time, in KiB a second; 0 for its counter alone.</summary>
    public int DiskKiBPerSecond { get; init; }

    /// <summary>Milliseconds from one tick to the next; null for the guest's own default.</summary>
    public int? TickMs { get; init; }

    /// <summary>Memory that it rewrites all the time.</summary>
    public DirtyLoad? Dirty { get; init; }

    /// <summary>Memory that it fills with what cannot be compressed.</summary>
    public int FillMiB { get; init; }

    /// <summary>How much of that it checks a second, which costs it time; null for the guest's own default.</summary>
    public int? CheckedMiBPerSecond { get; init; }

    /// <summary>Whether it sends to its gateway all the time.</summary>
    public bool LoadsNetwork { get; init; }

    /// <summary>Bridge of its network card; null where it has none or is in a libvirt network.</summary>
    public string? Bridge { get; init; } = "br0";

    /// <summary>Libvirt network of its card, instead of a bridge.</summary>
    public string? Network { get; init; }

    /// <summary>MAC address of that card; null where libvirt chooses.</summary>
    public string? Mac { get; init; }

    /// <summary>Queues of that card.</summary>
    public int? Queues { get; init; }

    /// <summary>Network filter of that card.</summary>
    public string? Filter { get; init; }

    /// <summary>Further words of the kernel's command line that the guest understands (images/guest/init).</summary>
    public IReadOnlyList<string> Words { get; init; } = [];

    /// <summary>Whether it runs the QEMU guest agent.</summary>
    public bool Agent { get; init; }

    /// <summary>Whether it is started with its RAM in a file and with a monitor beside libvirt's, as after 'hostctl vm prepare'.</summary>
    public bool Prepared { get; init; }

    /// <summary>Whether others may map its RAM, as a virtiofsd must; a prepared guest's may be mapped anyway.</summary>
    public bool SharesMemory { get; init; }

    /// <summary>Further elements below <c>devices</c>.</summary>
    public IReadOnlyList<XElement> ExtraDevices { get; init; } = [];

    /// <summary>Whether it can be pinged from the outer host.</summary>
    public bool IsReachable => Bridge is not null;
}
