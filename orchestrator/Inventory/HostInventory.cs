using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>What one generation's libvirt holds.</summary>
/// <param name="VirtualMachines">Its VMs.</param>
/// <param name="Networks">Its networks.</param>
/// <param name="StoragePools">Its storage pools.</param>
public sealed record HostInventory(
    IReadOnlyList<VirtualMachine> VirtualMachines,
    IReadOnlyList<LibvirtObject> Networks,
    IReadOnlyList<LibvirtObject> StoragePools)
{
    /// <summary>The same with what is known from managed save images.</summary>
    public HostInventory With(IReadOnlyDictionary<Guid, SavedImage> images) => this with
    {
        VirtualMachines = [.. VirtualMachines.Select(machine => machine with { AsSaved = images.GetValueOrDefault(machine.Domain.Uuid)?.Definition })],
    };
}

/// <summary>One VM with everything that a plan must know of it.</summary>
/// <param name="Domain">Its state in libvirt.</param>
/// <param name="Definition">Its live definition, or the persistent one where it is shut off.</param>
/// <param name="Snapshots">Names of its snapshots.</param>
/// <param name="Job">The job that runs on it.</param>
/// <param name="Unreadable">Why its definition could not be read; then <see cref="Definition"/> is null.</param>
public sealed record VirtualMachine(
    DomainRecord Domain,
    VmDefinition? Definition,
    IReadOnlyList<string> Snapshots,
    DomainJob? Job,
    string? Unreadable)
{
    /// <summary>The jobs that run on its disks, by disk.</summary>
    public IReadOnlyDictionary<string, BlockJob> BlockJobs { get; init; } = new Dictionary<string, BlockJob>(StringComparer.Ordinal);

    /// <summary>Its definition at its next start; null where it does not run, is transient, or that cannot be read.</summary>
    public VmDefinition? AtNextStart { get; init; }

    /// <summary>The definition that it is restored with; null where it is not saved, or that cannot be read.</summary>
    public VmDefinition? AsSaved { get; init; }

    /// <summary>Its definitions, each of which it may run with on the other side.</summary>
    public IEnumerable<VmDefinition> Definitions => new[] { Definition, AtNextStart, AsSaved }.OfType<VmDefinition>();

    /// <summary>Its name: untrusted text.</summary>
    public string Name => Domain.Name;
}
