using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl status --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/status/1</c>.</param>
/// <param name="Initialised">Whether <c>hostctl init</c> has been run here.</param>
/// <param name="ActiveGeneration">Number of the active generation, where there is one.</param>
/// <param name="UnfinishedSwap">Number of a swap that has no terminal result.</param>
/// <param name="LockHolder">Who holds the lock, in words for people.</param>
/// <param name="Generations">The generations, by number.</param>
/// <param name="Vms">Every VM in every generation that answers.</param>
/// <param name="Holds">Who has asked that no swap begins.</param>
/// <param name="Refresh">What there is to know about refreshes.</param>
/// <param name="KernelAfterReboot">An installed kernel that waits for a reboot.</param>
/// <param name="Findings">What <c>doctor</c> warns of, or finds wrong.</param>
internal sealed record StatusDocument(
    string Schema,
    bool Initialised,
    int? ActiveGeneration,
    long? UnfinishedSwap,
    string? LockHolder,
    IReadOnlyList<GenerationDto> Generations,
    IReadOnlyList<VmDto> Vms,
    IReadOnlyList<HoldDto> Holds,
    RefreshOverviewDto? Refresh,
    string? KernelAfterReboot,
    IReadOnlyList<CheckDto> Findings)
{
    /// <summary>Maps what the orchestrator saw.</summary>
    public static StatusDocument From(HostStatus status, IReadOnlyList<HealthCheck> findings) => new(
        "hostswap/status/1",
        status.Initialised,
        status.Generations.FirstOrDefault(generation => generation.Role == GenerationRole.Active)?.Number,
        status.UnfinishedSwap,
        status.LockHolder,
        [.. status.Generations.Select(GenerationDto.From)],
        [.. status.VirtualMachines.Select(VmDto.From)],
        [.. status.Holds.Select(HoldDto.From)],
        status.Refresh is { } refresh ? RefreshOverviewDto.Of(refresh) : null,
        status.KernelAfterReboot,
        [.. findings.Select(CheckDto.From)]);
}

/// <summary>What there is to know about refreshes.</summary>
/// <param name="Strategy"><c>manual</c>, <c>window</c> or <c>immediate</c>.</param>
/// <param name="Expectation">What will happen by itself, in a sentence.</param>
/// <param name="NextWindow">When the next window begins.</param>
/// <param name="Updates">What was found to be newer when that was looked for last.</param>
/// <param name="Last">The last refresh that was more than a look.</param>
internal sealed record RefreshOverviewDto(string Strategy, string Expectation, DateTimeOffset? NextWindow, UpdatesDto? Updates, RefreshDto? Last)
{
    /// <summary>Maps it.</summary>
    public static RefreshOverviewDto Of(RefreshOverview refresh) => new(
        Words.Of(refresh.Strategy),
        refresh.Expectation,
        refresh.Next?.From,
        refresh.Updates is { } updates ? UpdatesDto.Of(updates) : null,
        refresh.Last is { } last ? RefreshDto.Of(last) : null);
}

/// <summary><c>hostctl vm list --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/vm-list/1</c>.</param>
/// <param name="Vms">Every VM in every generation that answers.</param>
internal sealed record VmListDocument(string Schema, IReadOnlyList<VmDto> Vms)
{
    /// <summary>Maps what the orchestrator saw.</summary>
    public static VmListDocument From(HostStatus status, IReadOnlyDictionary<VmPlace, HandoverReadiness> handover) => new(
        "hostswap/vm-list/1",
        [
            .. status.VirtualMachines.Select(vm => VmDto.From(vm) with
            {
                Handover = handover.TryGetValue(new VmPlace(vm.Generation, vm.Uuid), out var readiness) ? HandoverDto.From(readiness) : null,
            }),
        ]);
}

/// <summary>One generation.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Name">Its name, as in <c>gen-3</c>.</param>
/// <param name="Role"><c>active</c>, <c>candidate</c> or <c>retired</c>.</param>
/// <param name="Image">The image reference that it was created from.</param>
/// <param name="ImageId">The image's digest.</param>
/// <param name="State"><c>running</c>, <c>degraded</c>, <c>stopped</c>, <c>missing</c>, <c>unreachable</c> or a state of systemd.</param>
/// <param name="HostUuid">Its libvirt host UUID.</param>
/// <param name="LibvirtVersion">Where it answers.</param>
/// <param name="QemuVersion">Where it answers.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="FailedUnits">Units that failed in it.</param>
internal sealed record GenerationDto(
    int Number,
    string Name,
    string Role,
    string Image,
    string ImageId,
    string State,
    Guid HostUuid,
    string? LibvirtVersion,
    string? QemuVersion,
    DateTimeOffset CreatedAt,
    IReadOnlyList<string> FailedUnits)
{
    /// <summary>Maps what the orchestrator saw.</summary>
    public static GenerationDto From(GenerationStatus generation) => new(
        generation.Number,
        generation.Name,
        Words.Of(generation.Role),
        generation.Image,
        generation.ImageId,
        generation.State,
        generation.HostUuid,
        generation.LibvirtVersion?.ToString(),
        generation.QemuVersion?.ToString(),
        generation.CreatedAt,
        generation.FailedUnits);
}

/// <summary>One VM.</summary>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="Uuid">Its UUID.</param>
/// <param name="Generation">Number of the generation that it was seen in.</param>
/// <param name="State">Its state in virsh's words: <c>running</c>, <c>paused</c>, <c>shut off</c> …</param>
/// <param name="Persistent">Whether it has a persistent definition.</param>
/// <param name="Autostart">Whether it starts by itself.</param>
/// <param name="Saved">Whether its next start restores its RAM from a managed save image.</param>
internal sealed record VmDto(string Name, Guid Uuid, int Generation, string State, bool Persistent, bool Autostart, bool Saved)
{
    /// <summary>Maps what the orchestrator saw.</summary>
    public static VmDto From(VmStatus vm) =>
        new(vm.Name, vm.Uuid, vm.Generation, Words.OfState(vm.State), vm.Persistent, vm.Autostart, vm.Saved);

    /// <summary>Whether it can be handed over; only in <c>vm list</c>, and absent where it did not answer.</summary>
    public HandoverDto? Handover { get; init; }
}

/// <summary>Whether a VM can be moved without its RAM being copied.</summary>
/// <param name="Ready">Whether it can, as it runs now.</param>
/// <param name="Stage"><c>ready</c>, <c>after-cold-start</c>, <c>not-prepared</c>, <c>impossible</c> or <c>unavailable</c>.</param>
/// <param name="Reason">Why, in words for people.</param>
/// <param name="RamFiles">The files of its RAM as host containers see them, below their <c>memory_backing_dir</c>; where it is ready.</param>
internal sealed record HandoverDto(bool Ready, string Stage, string Reason, IReadOnlyList<RamFileDto>? RamFiles)
{
    /// <summary>Maps what the orchestrator saw.</summary>
    public static HandoverDto From(HandoverReadiness readiness) => new(
        readiness.Ready,
        Words.Of(readiness.Stage),
        readiness.Reason,
        readiness.Ram is { } ram ? [.. ram.Blocks.Select(block => new RamFileDto($"{ram.Directory}/{block.Name}", block.Bytes))] : null);
}

/// <summary>One file of a VM's RAM.</summary>
/// <param name="Path">Its path below <c>memory_backing_dir</c>.</param>
/// <param name="Bytes">Its length.</param>
internal sealed record RamFileDto(string Path, long Bytes);
