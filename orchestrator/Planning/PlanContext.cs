using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Planning;

/// <summary>Everything that the checks of a plan look at, read once, so that a check is a function of it.</summary>
/// <param name="Settings">The configuration.</param>
/// <param name="Kernel">The outer host's kernel, for memory and for files as each side sees them.</param>
/// <param name="Source">The side that VMs leave.</param>
/// <param name="Target">The side that they go to.</param>
/// <param name="Inventory">What the source's libvirt holds.</param>
/// <param name="Answers">What the target says of what the source's VMs need.</param>
/// <param name="WayBack">What the source says of the same, for the way back.</param>
/// <param name="CarriedNeeds">What the networks and pools that will be carried over need of the target.</param>
public sealed record PlanContext(
    HostSwapSettings Settings,
    IOuterKernel Kernel,
    PlanSide Source,
    PlanSide Target,
    HostInventory Inventory,
    SideAnswers Answers,
    SideAnswers WayBack,
    IReadOnlyList<CarriedNeed> CarriedNeeds)
{
    /// <summary>What the plan is made from where no candidate was started; then the target's process is the source's, and its files are not looked at.</summary>
    public QuickPlanNote? Quick { get; init; }

    /// <summary>Whether the RAM of each running VM can be handed over; one that is not named cannot.</summary>
    public IReadOnlyDictionary<Guid, HandoverOffer> Handovers { get; init; } = new Dictionary<Guid, HandoverOffer>();

    /// <summary>The managed save images of VMs that are shut off.</summary>
    public IReadOnlyDictionary<Guid, SavedImage> SavedImages { get; init; } = new Dictionary<Guid, SavedImage>();

    /// <summary>The operator's files that are configured to be carried, as the source has them.</summary>
    public IReadOnlyList<OperatorFile> SourceFiles { get; init; } = [];

    /// <summary>The same as the target has them.</summary>
    public IReadOnlyList<OperatorFile> TargetFiles { get; init; } = [];

    /// <summary>Bytes that are free where generations keep their state.</summary>
    public long FreeStateBytes { get; init; } = long.MaxValue;

    /// <summary>Running VMs of whose kind a canary could not be moved at all, with what was wrong with it.</summary>
    public IReadOnlyDictionary<Guid, string> Grounded { get; init; } = new Dictionary<Guid, string>();

    /// <summary>The same of the way back.</summary>
    public IReadOnlyDictionary<Guid, string> GroundedThere { get; init; } = new Dictionary<Guid, string>();

    /// <summary>The VMs that are prepared for handover: their QEMU starts only where it finds the mounts for that.</summary>
    public IReadOnlySet<Guid> Prepared { get; init; } = new HashSet<Guid>();

    /// <summary>The bridges of the outer host that generations' bridges are ports of, by the latter's names.</summary>
    public IReadOnlyDictionary<string, string> OuterBridges { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Servers of disks that the target does not reach, with what was seen instead.</summary>
    public IReadOnlyDictionary<StorageServer, string> Unreachable { get; init; } = new Dictionary<StorageServer, string>();

    /// <summary>What the refresh changes of packages; null where an image does not say what it has.</summary>
    public IReadOnlyList<PackageChange>? Packages { get; init; }

    /// <summary>What the source has besides VMs, all of which is carried over.</summary>
    public IReadOnlyList<HostObject> SourceObjects { get; init; } = [];

    /// <summary>What the target has of the same already.</summary>
    public IReadOnlyList<HostObject> TargetObjects { get; init; } = [];

    /// <summary>An object that will be there once everything has been carried over; null where there is none of that name.</summary>
    public HostObject? Find(HostObjectKind kind, string name) => SourceObjects.Concat(TargetObjects)
        .FirstOrDefault(item => item.Kind == kind && string.Equals(item.Name, name, StringComparison.Ordinal));

    /// <summary>The VMs of the source whose definition could be read, with it.</summary>
    public IEnumerable<(VirtualMachine Machine, VmDefinition Definition)> Readable()
    {
        foreach (var machine in Inventory.VirtualMachines)
        {
            if (machine.Definition is { } definition)
                yield return (machine, definition);
        }
    }

    /// <summary>The same VMs seen on the other side already, and asked whether they can come back.</summary>
    public PlanContext Reversed() => this with
    {
        Source = Target,
        Target = Source,
        Answers = WayBack,
        WayBack = Answers,
        Grounded = GroundedThere,
        GroundedThere = Grounded,
        SourceObjects = TargetObjects,
        TargetObjects = SourceObjects,
        // The side that VMs come from reaches what they have there.
        Unreachable = new Dictionary<StorageServer, string>(),
    };

    /// <summary>The query by which a domain's capabilities are asked for.</summary>
    public static DomainCapabilitiesQuery QueryFor(VmDefinition definition) =>
        new(definition.Emulator, definition.Architecture, definition.MachineType, definition.VirtType);
}

/// <summary>One side of a swap.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="Image">Its image.</param>
/// <param name="Host">What its libvirt says of itself.</param>
/// <param name="InitPid">Process id of its init on the outer host.</param>
public sealed record PlanSide(
    Generation Generation, ImageDescription? Image, LibvirtHostDescription Host, int InitPid)
{
    /// <summary>What its container does not show of <see cref="HostImageContract.HandoverMounts"/>.</summary>
    public IReadOnlyList<string> MissingMounts { get; init; } = [];
}

/// <summary>What a network or pool needs of the side that it is carried to.</summary>
/// <param name="Kind"><c>network</c> or <c>storage pool</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Bridge">A bridge that it only uses, and that must be there.</param>
/// <param name="Directory">A directory that it shows, and that must be the same one.</param>
public sealed record CarriedNeed(string Kind, string Name, string? Bridge, string? Directory);
