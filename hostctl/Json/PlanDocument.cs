using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl plan --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/plan/1</c>.</param>
/// <param name="Possible">Whether the swap could be made: there are no blockers.</param>
/// <param name="Plan">The plan.</param>
internal sealed record PlanDocument(string Schema, bool Possible, PlanDto Plan)
{
    /// <summary>Maps the orchestrator's plan.</summary>
    public static PlanDocument From(SwapPlan plan) =>
        new("hostswap/plan/1", plan.Blockers.Count == 0, PlanDto.Map(plan));
}

/// <summary>A plan, as a document or within an event.</summary>
/// <param name="From">The active generation's number.</param>
/// <param name="FromImage">Reference of its image.</param>
/// <param name="Candidate">Number of the candidate that was asked; absent where none was started.</param>
/// <param name="Image">Reference of the new image.</param>
/// <param name="ImageId">Digest of the new image.</param>
/// <param name="Parallel">How many VMs are moved at once.</param>
/// <param name="MemoryAvailableBytes">Memory that the outer host had available.</param>
/// <param name="Versions">What the refresh changes.</param>
/// <param name="Moves">The moves, in order.</param>
/// <param name="Networks">Libvirt networks that are carried over.</param>
/// <param name="StoragePools">Storage pools that are carried over.</param>
/// <param name="Blockers">Everything that forbids the swap.</param>
/// <param name="Warnings">What the operator should know.</param>
/// <param name="NotRefreshed">What a swap leaves as it is.</param>
internal sealed record PlanDto(
    int From,
    string FromImage,
    int? Candidate,
    string Image,
    string ImageId,
    int Parallel,
    long MemoryAvailableBytes,
    IReadOnlyList<VersionDto> Versions,
    IReadOnlyList<PlannedMoveDto> Moves,
    IReadOnlyList<string> Networks,
    IReadOnlyList<string> StoragePools,
    IReadOnlyList<BlockerDto> Blockers,
    IReadOnlyList<string> Warnings,
    IReadOnlyList<string> NotRefreshed)
{
    /// <summary>Packages that change, those on which security rests first; absent where an image does not say what it has.</summary>
    public IReadOnlyList<PackageDto>? Packages { get; init; }

    /// <summary>Release of the outer host's kernel, under which both sides run.</summary>
    public required string Kernel { get; init; }

    /// <summary>The kernel's parts on which VMs stand.</summary>
    public required IReadOnlyList<KernelModuleDto> KernelModules { get; init; }

    /// <summary>Of a quick plan: when a candidate of the image said what it is made from; absent of another.</summary>
    public DateTimeOffset? RecordedAt { get; init; }

    /// <summary>Of a quick plan: what only a full plan tells; absent of another.</summary>
    public IReadOnlyList<string>? NotAsked { get; init; }

    /// <summary>Network filters that are carried over, since the new side has not the same already.</summary>
    public required IReadOnlyList<string> NetworkFilters { get; init; }

    /// <summary>UUIDs of the secrets that are carried over, with their values.</summary>
    public required IReadOnlyList<string> Secrets { get; init; }

    /// <summary>What the new side has besides, since its image has it.</summary>
    public required IReadOnlyList<string> OfTheImage { get; init; }

    /// <summary>Maps the orchestrator's plan.</summary>
    public static PlanDto Map(SwapPlan plan) => new(
        plan.From,
        plan.FromImage,
        plan.Candidate,
        plan.Image,
        plan.ImageId,
        plan.Parallel,
        plan.MemoryAvailableBytes,
        [.. plan.Versions.Select(version => new VersionDto(version.Part, version.From, version.To))],
        [.. plan.Moves.Select(PlannedMoveDto.From)],
        plan.Networks,
        plan.StoragePools,
        [.. plan.Blockers.Select(BlockerDto.From)],
        plan.Warnings,
        plan.NotRefreshed)
    {
        Packages = plan.Packages is { } packages ? [.. packages.Select(PackageDto.Of)] : null,
        Kernel = plan.Kernel,
        KernelModules = [.. plan.KernelModules.Select(static module => new KernelModuleDto(module.Name, module.State, module.Device, module.From, module.To))],
        RecordedAt = plan.Quick?.RecordedAt,
        NotAsked = plan.Quick?.NotAsked,
        NetworkFilters = plan.NetworkFilters,
        Secrets = plan.Secrets,
        OfTheImage = plan.OfTheImage,
    };
}

/// <summary>A part of the host and its version on both sides.</summary>
internal sealed record VersionDto(string Part, string From, string To);

/// <summary>One of the kernel's parts.</summary>
/// <param name="Name">Its name, as <c>lsmod</c> tells it.</param>
/// <param name="State"><c>loaded</c>, <c>built in</c> or <c>not loaded</c>.</param>
/// <param name="Device">The device by which it is used.</param>
/// <param name="From">Whether the old side has the device.</param>
/// <param name="To">Whether the new side has it; absent where that was not looked at.</param>
internal sealed record KernelModuleDto(string Name, string State, string Device, bool From, bool? To);

/// <summary>A package that changes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="From">Its version now; absent where it is added.</param>
/// <param name="To">Its version then; absent where it is removed.</param>
/// <param name="Sensitive">Whether security rests on it.</param>
internal sealed record PackageDto(string Name, string? From, string? To, bool Sensitive)
{
    /// <summary>Maps it.</summary>
    public static PackageDto Of(PackageChange package) => new(package.Name, package.From, package.To, package.Sensitive);
}

/// <summary>One VM's part of a plan.</summary>
/// <param name="Order">Its place, from 1.</param>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="State">Its state in virsh's words.</param>
/// <param name="Persistent">Whether it has a persistent definition.</param>
/// <param name="Autostart">Whether it starts by itself.</param>
/// <param name="Method">How it is moved, as in <c>copy</c> or <c>define</c>.</param>
/// <param name="Reason">Why by this method.</param>
/// <param name="MemoryBytes">Its RAM.</param>
/// <param name="CanComeBack">Whether a rollback could bring it back.</param>
/// <param name="NoWayBack">Why not; absent where it can.</param>
internal sealed record PlannedMoveDto(
    int Order,
    Guid Uuid,
    string Name,
    string State,
    bool Persistent,
    bool Autostart,
    string Method,
    string Reason,
    long MemoryBytes,
    bool CanComeBack,
    string? NoWayBack)
{
    /// <summary>What becomes of its copy where that does not converge: <c>stay</c>, <c>pause</c> or <c>postcopy</c>.</summary>
    public string Policy { get; init; } = VmPolicy.Default.OnNoConvergence.Word();

    /// <summary>The higher, the sooner it moves.</summary>
    public int Priority { get; init; }

    /// <summary>No two VMs of one group are in flight together; absent where it is in none.</summary>
    public string? Group { get; init; }

    /// <summary>What becomes of it where it cannot move live, as in the configuration: <c>refuse</c>, <c>restart</c> and so on.</summary>
    public string WhenNotLive { get; init; } = VmPolicy.Default.WhenNotLive.Word();

    /// <summary>Everything for which it cannot move live, where its policy answers that.</summary>
    public required IReadOnlyList<string> WhyNotLive { get; init; }

    /// <summary>Maps the orchestrator's move.</summary>
    public static PlannedMoveDto From(PlannedMove move) => new(
        move.Order,
        move.Uuid,
        move.Name,
        Words.OfState(move.State),
        move.Persistent,
        move.Autostart,
        Words.Of(move.Method),
        move.Reason,
        move.MemoryBytes,
        move.NoWayBack is null,
        move.NoWayBack)
    {
        Policy = move.Policy.OnNoConvergence.Word(),
        Priority = move.Policy.Priority,
        Group = move.Policy.Group,
        WhenNotLive = move.Policy.WhenNotLive.Word(),
        WhyNotLive = move.WhyNotLive,
    };
}

/// <summary>One reason why a swap cannot be made.</summary>
/// <param name="Code">Stable short name of the check.</param>
/// <param name="Subject">What it concerns.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record BlockerDto(string Code, string Subject, string Problem, string Fix)
{
    /// <summary>Maps the orchestrator's blocker.</summary>
    public static BlockerDto From(Blocker blocker) => new(blocker.Code, blocker.Subject, blocker.Problem, blocker.Fix);
}
