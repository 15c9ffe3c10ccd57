using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Generations;

/// <summary>One host container with its number, image, state directory and sockets, as recorded.</summary>
/// <param name="Record">What the journal holds of it.</param>
/// <param name="Paths">Where its files are.</param>
/// <param name="ContainerName">Its container's name, unique on this Docker.</param>
public sealed record Generation(GenerationRecord Record, GenerationPaths Paths, string ContainerName)
{
    /// <summary>Its number.</summary>
    public int Number => Record.Number;

    /// <summary>Its name, as in <c>gen-3</c>; also its host name.</summary>
    public string Name => NameOf(Number);

    /// <summary>Whether it is no host container, but the outer host with its own libvirt.</summary>
    public bool IsOuter => Paths.IsOuter;

    /// <summary>Its recorded role.</summary>
    public GenerationRole Role => Enum.Parse<GenerationRole>(Record.Role);

    /// <summary>Until when it runs on, empty, after its retirement; null for one that is not retired.</summary>
    public DateTimeOffset? SoaksUntil(TimeSpan soak) => Role == GenerationRole.Retired ? Record.RetiredAt + soak : null;

    /// <summary>The name of a generation.</summary>
    public static string NameOf(int number) => $"gen-{number}";

    /// <summary>The generation that a record describes.</summary>
    public static Generation From(GenerationRecord record, HostSwapPaths paths) => new(
        record,
        new GenerationPaths(paths, record.Number),
        ContainerNameOf(record.Number, paths));

    /// <summary>The name of a generation's container.</summary>
    public static string ContainerNameOf(int number, HostSwapPaths paths) =>
        paths.Instance.Length == 0 ? $"hostswap-{NameOf(number)}" : $"hostswap-{paths.Instance}-{NameOf(number)}";
}

/// <summary>
/// The files of one generation on the outer host. Those of <see cref="OuterNumber"/> are the outer host's own, but for what
/// HostSwap keeps of it.
/// </summary>
public sealed record GenerationPaths(HostSwapPaths Host, int Number)
{
    /// <summary>The number under which the outer host's own libvirt takes part, where it is adopted. No host container has it.</summary>
    public const int OuterNumber = 0;

    /// <summary>Whether they are those of the outer host's own libvirt.</summary>
    public bool IsOuter => Number == OuterNumber;

    /// <summary>Durable state of this generation alone.</summary>
    public string State => Path.Join(Host.GenerationStates, Number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Its sockets.</summary>
    public string Runtime => Path.Join(Host.GenerationRuntimes, Number.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Its <c>/etc/libvirt</c>.</summary>
    public string LibvirtConfiguration => IsOuter ? Host.Outer.Configuration : Path.Join(State, "etc-libvirt");

    /// <summary>Its <c>/var/lib/libvirt</c>.</summary>
    public string LibvirtState => IsOuter ? Host.Outer.State : Path.Join(State, "var-lib-libvirt");

    /// <summary>Its <c>/var/log/libvirt</c>.</summary>
    public string LibvirtLog => IsOuter ? Host.Outer.Log : Path.Join(State, "log");

    /// <summary>What it held when its VMs were about to leave it.</summary>
    public string LeftContentsFile => Path.Join(State, "left.json");

    /// <summary>Copies of what VMs keep in files of their generation, until the VMs are here; no host container sees it.</summary>
    public string Arriving => Path.Join(State, "arriving");

    /// <summary>What VMs have kept here before they left, and nobody is to use any more; no host container sees it.</summary>
    public string Aside => Path.Join(State, "aside");

    /// <summary>Its <c>/etc/machine-id</c>, which is also its libvirt host UUID.</summary>
    public string MachineId => Path.Join(State, "machine-id");

    /// <summary>Its <c>/run/dbus</c>.</summary>
    public string BusDirectory => Path.Join(Runtime, "dbus");

    /// <summary>Its system bus.</summary>
    public string BusSocket => IsOuter ? Host.Outer.Bus : Path.Join(BusDirectory, "system_bus_socket");

    /// <summary>Its <c>/run/libvirt</c>.</summary>
    public string LibvirtDirectory => Path.Join(Runtime, "libvirt");

    /// <summary>Where its libvirt's hook asks hostctl; there while a swap goes to it.</summary>
    public string HookSocket => Path.Join(Runtime, "hook.sock");

    /// <summary>Its directory on the shared memory mount, in which its VMs that are ready for handover have their RAM.</summary>
    public string Memory => Path.Join(Host.Memory, Generation.NameOf(Number));

    /// <summary>Directory of its VMs' QMP sockets; its QEMU makes them, and outside root alone reaches them.</summary>
    public string QmpDirectory => Path.Join(Runtime, "qmp");

    /// <summary>The QMP socket of a VM that was prepared for handover.</summary>
    public string QmpSocket(Guid domain) => Path.Join(QmpDirectory, HostImageContract.QmpSocketName(domain));

    /// <summary>Where other generations' libvirt reaches this one's libvirt; a path inside host containers.</summary>
    public string PeerLibvirtSocket => $"{HostImageContract.GenerationRuntimes}/{Number}/libvirt/libvirt-sock";
}
