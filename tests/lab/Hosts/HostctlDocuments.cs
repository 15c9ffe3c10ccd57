using System.Text.Json;

namespace HostSwap.Lab.Hosts;

/// <summary>
/// hostctl's JSON as a program of somebody else would read it: only the members that its documentation names.
/// </summary>
public static class HostctlDocuments
{
    /// <summary>How hostctl writes its documents.</summary>
    public static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web);

    /// <summary>Reads a document.</summary>
    public static T Read<T>(string json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new LabException($"not a document of hostctl: {json}");
}

/// <summary><c>hostctl status --format json</c>.</summary>
public sealed record StatusView(
    string Schema,
    bool Initialised,
    int? ActiveGeneration,
    long? UnfinishedSwap,
    string? LockHolder,
    IReadOnlyList<GenerationView> Generations,
    IReadOnlyList<VmView> Vms,
    IReadOnlyList<HoldView> Holds)
{
    /// <summary>The active generation.</summary>
    public GenerationView Active => Generations.Single(static generation => generation.Role is "active");

    /// <summary>Every entry of one VM: more than one means that several generations have it.</summary>
    public IReadOnlyList<VmView> Of(Guid uuid) => [.. Vms.Where(vm => vm.Uuid == uuid)];
}

/// <summary>Who holds swaps.</summary>
public sealed record HoldView(string Id, string Reason, string By, DateTimeOffset? Until);

/// <summary><c>hostctl image list --format json</c>.</summary>
public sealed record ImageListView(string Schema, IReadOnlyList<ImageView> Images);

/// <summary>A host image.</summary>
public sealed record ImageView(string Id, IReadOnlyList<string> Names, IReadOnlyList<string> NeededBy);

/// <summary><c>hostctl image diff --format json</c>.</summary>
public sealed record ImageDiffView(string Schema, bool Same, IReadOnlyList<PackageView> Packages);

/// <summary>One generation.</summary>
public sealed record GenerationView(int Number, string Role, string Image, string State, Guid HostUuid);

/// <summary>One VM.</summary>
public sealed record VmView(string Name, Guid Uuid, int Generation, string State, bool Persistent, bool Autostart, bool Saved);

/// <summary><c>hostctl vm list --format json</c>.</summary>
public sealed record VmListView(string Schema, IReadOnlyList<ListedVmView> Vms);

/// <summary>One VM of the list.</summary>
public sealed record ListedVmView(string Name, Guid Uuid, int Generation, string State, HandoverView? Handover);

/// <summary>Whether a VM can be handed over.</summary>
public sealed record HandoverView(bool Ready, string Stage, string Reason, IReadOnlyList<RamFileView>? RamFiles);

/// <summary>One file of a VM's RAM.</summary>
public sealed record RamFileView(string Path, long Bytes);

/// <summary><c>hostctl vm prepare --format json</c>.</summary>
public sealed record PrepareView(string Schema, bool DryRun, long? Operation, IReadOnlyList<PreparedVmView> Vms);

/// <summary>What became of one VM.</summary>
public sealed record PreparedVmView(
    string Name, Guid Uuid, bool Running, string Outcome, IReadOnlyList<RefusalView>? Refusals, string? Diff);

/// <summary>One reason against handover.</summary>
public sealed record RefusalView(string Code, string Problem, string Fix);

/// <summary><c>hostctl history --format json</c>.</summary>
public sealed record HistoryView(string Schema, IReadOnlyList<OperationView> Operations);

/// <summary>One operation.</summary>
public sealed record OperationView(long Id, string Kind, string Result, string Summary, double? ElapsedMs);

/// <summary><c>hostctl show ID --format json</c>.</summary>
public sealed record ShowView(string Schema, OperationView Operation, IReadOnlyList<EntryView> Entries, IReadOnlyList<MoveView> Moves);

/// <summary>One journalled side effect.</summary>
public sealed record EntryView(long Id, string Step, string Subject, string Result, string Observed, double? ElapsedMs)
{
    /// <summary>When it was about to happen.</summary>
    public DateTimeOffset IntendedAt { get; init; }

    /// <summary>When its outcome was observed.</summary>
    public DateTimeOffset? ObservedAt { get; init; }
}

/// <summary>The move of one VM.</summary>
public sealed record MoveView(
    Guid Uuid, string Name, string Method, string State, string Reason, long? TransferredBytes, double? DowntimeMs, double? ElapsedMs)
{
    /// <summary>How high its copy had to climb; null where it converged by itself.</summary>
    public string? Rung { get; init; }
}

/// <summary><c>hostctl plan --format json</c>.</summary>
public sealed record PlanView(string Schema, bool Possible, PlanBodyView Plan);

/// <summary>A plan.</summary>
public sealed record PlanBodyView(
    int From,
    string Image,
    IReadOnlyList<PlannedMoveView> Moves,
    IReadOnlyList<string> Networks,
    IReadOnlyList<string> StoragePools,
    IReadOnlyList<BlockerView> Blockers,
    IReadOnlyList<string> Warnings)
{
    /// <summary>Number of the candidate that was asked; null where none was started.</summary>
    public int? Candidate { get; init; }

    /// <summary>When a candidate said what a quick plan is made from; null of another.</summary>
    public DateTimeOffset? RecordedAt { get; init; }

    /// <summary>What only a full plan tells; null of a full one.</summary>
    public IReadOnlyList<string>? NotAsked { get; init; }

    /// <summary>Parts of the host and their versions.</summary>
    public IReadOnlyList<VersionView> Versions { get; init; } = [];

    /// <summary>The kernel's parts on which VMs stand.</summary>
    public IReadOnlyList<KernelModuleView> KernelModules { get; init; } = [];

    /// <summary>Network filters that are carried over.</summary>
    public IReadOnlyList<string> NetworkFilters { get; init; } = [];

    /// <summary>Secrets that are carried over.</summary>
    public IReadOnlyList<string> Secrets { get; init; } = [];

    /// <summary>Packages that change; null where that cannot be said.</summary>
    public IReadOnlyList<PackageView>? Packages { get; init; }

    /// <summary>What the new side has besides.</summary>
    public IReadOnlyList<string> OfTheImage { get; init; } = [];
}

/// <summary>A part of the host.</summary>
public sealed record VersionView(string Part, string From, string To);

/// <summary>One of the kernel's parts.</summary>
public sealed record KernelModuleView(string Name, string State, string Device, bool From, bool? To);

/// <summary>A package that changes.</summary>
public sealed record PackageView(string Name, string? From, string? To, bool Sensitive);

/// <summary>One planned move.</summary>
public sealed record PlannedMoveView(Guid Uuid, string Name, string State, string Method, string Reason)
{
    /// <summary>Whether a rollback could bring it back.</summary>
    public bool CanComeBack { get; init; }

    /// <summary>Why not.</summary>
    public string? NoWayBack { get; init; }

    /// <summary>What becomes of its copy where that does not converge.</summary>
    public string? Policy { get; init; }

    /// <summary>The higher, the sooner it moves.</summary>
    public int Priority { get; init; }

    /// <summary>No two VMs of one group are in flight together.</summary>
    public string? Group { get; init; }
}

/// <summary>One reason against the swap.</summary>
public sealed record BlockerView(string Code, string Subject, string Problem, string Fix);

/// <summary><c>hostctl verify --format json</c>.</summary>
public sealed record ChecksView(string Schema, bool Healthy, int Errors, int Warnings, IReadOnlyList<CheckView> Checks);

/// <summary>One check.</summary>
public sealed record CheckView(string? Subject, string Name, string Status, string Message, string? Fix);

/// <summary><c>hostctl diff --format json</c>.</summary>
public sealed record DiffView(string Schema, bool Same, ComparedGenerationView From, ComparedGenerationView To, IReadOnlyList<DifferenceView> Differences);

/// <summary>A generation as it was compared.</summary>
public sealed record ComparedGenerationView(int Number, bool Recorded);

/// <summary>One difference.</summary>
public sealed record DifferenceView(string Kind, string Subject, string What, string? Diff);

/// <summary>One line of <c>hostctl swap --format json</c>, of whichever event.</summary>
public sealed record EventView(
    string? Schema,
    string? Event,
    string? Step,
    string? Name,
    string? State,
    string? Result,
    string? Message,
    int? ExitCode,
    long? Operation,
    double? ElapsedMs,
    long? ProcessedBytes,
    IReadOnlyList<MoveView>? Moves,
    IReadOnlyList<string>? Problems)
{
    /// <summary>Of <c>moveClimbed</c>: what a copy is given.</summary>
    public string? Rung { get; init; }

    /// <summary>When it happened; the header has no time.</summary>
    public DateTimeOffset? At { get; init; }

    /// <summary>Of <c>swapFinished</c>: the generation that is active now.</summary>
    public int? ActiveGeneration { get; init; }

    /// <summary>Of <c>moveChanged</c> and <c>moveClimbed</c>: why.</summary>
    public string? Reason { get; init; }
}

/// <summary>One line of the file that <c>HOSTSWAP_TRACE</c> names: a call to libvirt, systemd, QEMU or Docker.</summary>
public sealed record CallView(DateTimeOffset At, double ElapsedMs, string System, string Call);
