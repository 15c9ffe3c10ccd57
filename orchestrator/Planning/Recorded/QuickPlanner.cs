using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Planning.Recorded;

/// <summary>Plans a swap from what a candidate of the image has said before: nothing is started, locked or written.</summary>
internal sealed class QuickPlanner(OuterHostParts parts)
{
    /// <summary>Always left to a plan that asks a candidate.</summary>
    private static readonly IReadOnlyList<string> NeverRecorded =
    [
        "whether a candidate of the image starts and is ready on this machine",
        "whether files, devices and servers of disks are the same there, and networks, bridges and filters are there",
        "whether RAM can stay where it is, and what a canary shows",
        "what comes with the image besides",
    ];

    /// <summary>Plans.</summary>
    /// <param name="image">The new image; null for the configured one.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="EnvironmentException">Nothing is active, the image is unusable, or nothing that holds is recorded of it.</exception>
    public async Task<SwapPlan> RunAsync(string? image, CancellationToken cancellationToken)
    {
        var reference = image ?? parts.Settings.Image;
        var source = parts.Generations.Active();
        var description = await parts.Generations.FindHostImageAsync(reference, cancellationToken);
        var pid = await parts.Generations.InitPidAsync(source, cancellationToken);
        var records = new CapabilityRecords(parts.Settings.Paths.Capabilities, parts.Kernel, parts.Time);
        var (recorded, whyNot) = records.Find(description.Id, pid);
        if (recorded is null)
            throw new EnvironmentException($"no quick plan can be made for the image {reference}: {whyNot}", $"Run 'hostctl plan --image {reference}' once, which starts a candidate, asks it, and records what it says.");

        await using var libvirt = parts.Connector.ConnectLibvirt(source);
        var inventory = await InventoryReader.ReadAsync(libvirt, cancellationToken);
        inventory = inventory.With(SavedImage.InspectAll(source.Paths, inventory));
        var host = await libvirt.DescribeAsync(cancellationToken);
        // What VMs that run here need, this side has; its answers matter for what is compared with the other side's.
        var here = records.Find(source.Record.ImageId, pid).Found?.ToAnswers() ?? SideAnswers.None;
        var answers = recorded.ToAnswers();
        var objects = await HostReader.ReadObjectsAsync(libvirt, source.Paths, cancellationToken);
        var number = parts.Generations.NextNumber();
        var candidate = Generation.From(
            new GenerationRecord(number, nameof(GenerationRole.Candidate), reference, description.Id, Guid.Empty, parts.Time.GetUtcNow(), RetiredAt: null), parts.Settings.Paths);
        var context = new PlanContext(
            parts.Settings,
            parts.Kernel,
            new PlanSide(source, await parts.Engine.FindImageAsync(source.Record.ImageId, cancellationToken), host, pid),
            new PlanSide(candidate, description, recorded.ToHost(), pid),
            inventory,
            answers,
            here,
            [])
        {
            Packages = PackageManifest.Read(parts.Kernel, pid) is { } now && recorded.Packages is { } then ? PackageManifest.Compare(now, then) : null,
            SourceObjects = objects,
            Quick = new QuickPlanNote(recorded.RecordedAt, [.. NeverRecorded, .. Unrecorded(inventory, recorded.ToHost().CapabilitiesXml, answers)]),
        };
        var plan = Planner.Make(context);
        return plan with
        {
            Warnings = [.. plan.Warnings, .. parts.Holds.All().Select(HeldException.Warning)],
            Candidate = null,
            Moves = [.. plan.Moves.Select(static move => move is { Method: MoveMethod.Copy, Detaches: false } ? move with { Reason = "it moves while it runs; whether its RAM can stay where it is, a full plan tells" } : move)],
            // Which of them the other side has not the same already, it alone can tell.
            NetworkFilters = [],
        };
    }

    /// <summary>VMs that have something of which no candidate of the image was asked yet.</summary>
    private static IEnumerable<string> Unrecorded(HostInventory inventory, string capabilitiesXml, SideAnswers answers)
    {
        foreach (var machine in inventory.VirtualMachines)
        {
            var missing = machine.Definitions
                .Where(definition => HostCapabilities.Supports(capabilitiesXml, definition.Architecture, definition.VirtType, definition.MachineType) == MachineSupport.Yes)
                .SelectMany(definition => Unrecorded(definition, answers))
                .Distinct(StringComparer.Ordinal)
                .ToList();
            if (missing.Count > 0)
                yield return $"{machine.Name}: whether its {string.Join(" and ", missing)} can be had there, of which no candidate of this image was asked yet";
        }
    }

    private static IEnumerable<string> Unrecorded(VmDefinition definition, SideAnswers answers)
    {
        if (answers.Domains.GetValueOrDefault(PlanContext.QueryFor(definition)) is not { } offered)
            yield return $"machine type {definition.MachineType}";
        else if (CpuQuery.Of(definition) is { } cpu && offered.WhyNoCpu(definition.Cpu) is null && !answers.Cpus.ContainsKey(cpu))
            yield return $"CPU {definition.Cpu.Model ?? definition.Cpu.Mode}";
        foreach (var path in SideSurvey.FilesOf(definition).Where(path => !answers.Files.ContainsKey(path)))
            yield return path;
    }
}
