using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Diagnosis;

/// <summary>
/// Whether every VM's QEMU has RAM in what it saves. One that a handover has told otherwise, and nobody since, would write a
/// saved image without RAM, which looks like a good one until the VM is started from it.
/// </summary>
public sealed class SavedRamCheck(HostSwapPaths paths, IContainerEngine engine, IOuterKernel kernel, IQmpConnector qmp)
{
    /// <summary>Its stable name.</summary>
    public const string Name = "saved-ram";

    /// <summary>Looks; changes nothing.</summary>
    /// <param name="host">The outer host as it was just seen.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    public async Task<HealthCheck> RunAsync(HostStatus host, CancellationToken cancellationToken)
    {
        // While VMs are handed over it has to be so, and whoever does it has the monitors, which serve one at a time.
        if (host.LockHolder is { } holder)
            return new HealthCheck(Name, HealthStatus.Ok, $"not looked at while another hostctl is at work: {holder}", "");

        List<string> leftOut = [], unknown = [];
        foreach (var generation in host.Generations)
        {
            foreach (var vm in await FindAsync(generation.Number, cancellationToken))
            {
                var name = host.VirtualMachines.FirstOrDefault(known => known.Uuid == vm.Uuid)?.Name ?? "unknown to libvirt";
                var words = $"{name} ({vm.Uuid}) in {generation.Name}";
                if (vm.Unknown is null)
                    leftOut.Add(words);
                else
                    unknown.Add($"{words}: {vm.Unknown}");
            }
        }

        if (leftOut.Count > 0)
        {
            return new HealthCheck(
                Name,
                HealthStatus.Error,
                $"a saved image of these VMs would have no RAM in it: {string.Join(", ", leftOut)}",
                "Run 'hostctl resume', which puts that right; until then do not save, dump or snapshot them.");
        }

        return unknown.Count > 0
            ? new HealthCheck(
                Name,
                HealthStatus.Warning,
                $"whether these VMs save their RAM cannot be told: {string.Join("; ", unknown)}",
                "See who else is connected to their QMP socket, and do not save them before this is known.")
            : new HealthCheck(Name, HealthStatus.Ok, "every VM saves its RAM", "");
    }

    private async Task<IReadOnlyList<RamLeftOut>> FindAsync(int generation, CancellationToken cancellationToken) =>
        await engine.FindContainerAsync(Generation.ContainerNameOf(generation, paths), cancellationToken) is { Running: true } container
        && kernel.PidNamespace(container.InitPid) is { } space
            ? await new SharedRam(kernel, qmp, new GenerationPaths(paths, generation), space).FindAsync(cancellationToken)
            : [];
}
