using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning;

/// <summary>How one VM is moved.</summary>
public enum MoveMethod
{
    /// <summary>Pre-copy live migration; a paused VM stays paused.</summary>
    Copy,

    /// <summary>Live migration in which the RAM stays where it is: both QEMUs map the same files.</summary>
    Handover,

    /// <summary>The VM is shut off: its definition is carried over and nothing runs.</summary>
    Define,

    /// <summary>Its guest is shut down in order, its definition carried over, and the VM started again.</summary>
    Restart,

    /// <summary>It is saved to a file, carried over with it as one that is shut off, and restored: its guest goes on where it was.</summary>
    SaveRestore,

    /// <summary>It stays where it is, by its policy, and keeps the swap from its end until it is shut off.</summary>
    Leave,
}

/// <summary>The checked, ordered list of moves that a swap would make, with every blocker.</summary>
/// <param name="From">The active generation's number.</param>
/// <param name="FromImage">Reference of the active generation's image.</param>
/// <param name="Candidate">Number of the candidate that was asked; null where the plan was refused before one was started.</param>
/// <param name="Image">Reference of the new image.</param>
/// <param name="ImageId">Digest of the new image.</param>
/// <param name="Versions">What the refresh changes, part by part.</param>
/// <param name="Moves">The moves, in order.</param>
/// <param name="Networks">Libvirt networks that will be carried over.</param>
/// <param name="StoragePools">Storage pools that will be carried over.</param>
/// <param name="Blockers">Everything that forbids the swap; empty when it can be made.</param>
/// <param name="Warnings">What the operator should know but does not forbid it.</param>
/// <param name="Parallel">How many VMs are moved at once.</param>
/// <param name="MemoryAvailableBytes">Memory that the outer host had available when planning.</param>
/// <param name="NotRefreshed">What a swap leaves as it is, such as the running kernel.</param>
public sealed record SwapPlan(
    int From,
    string FromImage,
    int? Candidate,
    string Image,
    string ImageId,
    IReadOnlyList<VersionChange> Versions,
    IReadOnlyList<PlannedMove> Moves,
    IReadOnlyList<string> Networks,
    IReadOnlyList<string> StoragePools,
    IReadOnlyList<Blocker> Blockers,
    IReadOnlyList<string> Warnings,
    int Parallel,
    long MemoryAvailableBytes,
    IReadOnlyList<string> NotRefreshed)
{
    /// <summary>Network filters that will be carried over because the new side has not the same already.</summary>
    public IReadOnlyList<string> NetworkFilters { get; init; } = [];

    /// <summary>UUIDs of the secrets that will be carried over, with their values.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Release of the outer host's kernel, under which both sides run.</summary>
    public string Kernel { get; init; } = "";

    /// <summary>The kernel's parts on which VMs stand.</summary>
    public IReadOnlyList<KernelModule> KernelModules { get; init; } = [];

    /// <summary>What a plan is made from for which no candidate was started; null where one was.</summary>
    public QuickPlanNote? Quick { get; init; }

    /// <summary>Packages that change, those on which security rests first; null where an image does not say what it has.</summary>
    public IReadOnlyList<PackageChange>? Packages { get; init; }

    /// <summary>What the new side has besides, since its image has it.</summary>
    public IReadOnlyList<string> OfTheImage { get; init; } = [];
}

/// <summary>One VM's part of the plan.</summary>
/// <param name="Order">Its place, from 1.</param>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name.</param>
/// <param name="State">Its state when planned, which the move must keep.</param>
/// <param name="Persistent">Whether it has a persistent definition.</param>
/// <param name="Autostart">Whether it starts by itself.</param>
/// <param name="Method">How it is moved.</param>
/// <param name="Reason">Why by this method.</param>
/// <param name="MemoryBytes">Its RAM.</param>
/// <param name="NoWayBack">Why it could not come back once it has moved; null where it can.</param>
public sealed record PlannedMove(
    int Order,
    Guid Uuid,
    string Name,
    DomainState State,
    bool Persistent,
    bool Autostart,
    MoveMethod Method,
    string Reason,
    long MemoryBytes,
    string? NoWayBack = null)
{
    /// <summary>How it wants to be moved.</summary>
    public VmPolicy Policy { get; init; } = VmPolicy.Default;

    /// <summary>
    /// Files whose owner libvirt changes on both sides of its move: no other VM that has one of them may be on its way
    /// meanwhile, or its start in the target is refused.
    /// </summary>
    public IReadOnlyList<string> BootFiles { get; init; } = [];

    /// <summary>Why its RAM is copied though it is ready for handover; null where it is not ready, or is handed over.</summary>
    public string? WhyNotHandedOver { get; init; }

    /// <summary>Everything for which it cannot be moved while it runs; empty where it can, or does not run.</summary>
    public IReadOnlyList<string> WhyNotLive { get; init; } = [];

    /// <summary>Whether devices are taken from it for the move, and given back after.</summary>
    public bool Detaches => WhyNotLive.Count > 0 && Method is (MoveMethod.Copy or MoveMethod.Handover);

    /// <summary>How much of the outer host's memory the move takes besides what the VM has, until it is over.</summary>
    public long ExtraMemoryBytes => Method == MoveMethod.Copy ? MemoryBytes : 0;

    /// <summary>
    /// How many of the outer host's cores it wants to itself. Measured on two (make bench): copies are through soonest two at
    /// once; of two handovers at once, each guest stands still almost twice as long, since QEMU starts for the other one.
    /// </summary>
    public int Cores => Method switch
    {
        MoveMethod.Copy or MoveMethod.Restart or MoveMethod.SaveRestore => 1,
        MoveMethod.Handover => 2,
        _ => 0,
    };
}

/// <summary>One reason why the swap cannot be made.</summary>
/// <param name="Code">Stable short name of the check, for scripts.</param>
/// <param name="Subject">The VM, network or host that it concerns.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Fix">What to do about it.</param>
public sealed record Blocker(string Code, string Subject, string Problem, string Fix)
{
    /// <summary>The code of a job that runs on a VM, and comes to its end.</summary>
    public const string RunningJob = "operation";

    /// <summary>The code of a copy for which there is no room.</summary>
    public const string Memory = "memory";

    /// <summary>By which other ways of moving its VM it would not forbid any more; none where it forbids the swap whatever is done.</summary>
    public NotLiveMethods AnsweredBy { get; init; }
}

/// <summary>A part of the host and its version on both sides.</summary>
public sealed record VersionChange(string Part, string From, string To);

/// <summary>What a quick plan is made from.</summary>
/// <param name="RecordedAt">When a candidate of the image was asked last.</param>
/// <param name="NotAsked">What only a full plan can tell.</param>
public sealed record QuickPlanNote(DateTimeOffset RecordedAt, IReadOnlyList<string> NotAsked);
