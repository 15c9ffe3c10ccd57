using System.Collections.Concurrent;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Planning;

/// <summary>
/// Asks generations what they can give the VMs of the source: each question once, however many VMs have it and however often a
/// plan is made while hostctl runs.
/// </summary>
public sealed class SideSurvey(IContainerEngine engine, IOuterKernel kernel)
{
    // Both sides are asked at the same time.
    private readonly ConcurrentDictionary<(int Generation, int InitPid), SideAnswers> _known = new();

    /// <summary>Asks.</summary>
    /// <param name="inventory">What the source has.</param>
    /// <param name="side">The generation.</param>
    /// <param name="libvirt">Its libvirt.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    public async Task<SideAnswers> RunAsync(HostInventory inventory, PlanSide side, ILibvirtHost libvirt, CancellationToken cancellationToken)
    {
        var known = _known.GetValueOrDefault((side.Generation.Number, side.InitPid)) ?? SideAnswers.None;
        // Those that are shut down for their move are started again with the definition of their next start.
        var definitions = inventory.VirtualMachines.SelectMany(static machine => machine.Definitions).ToList();
        var kinds = definitions
            .GroupBy(PlanContext.QueryFor)
            // libvirt refuses to answer for a machine type that its emulator does not have, and for an emulator that is not there.
            .Where(kind => HostCapabilities.Supports(side.Host.CapabilitiesXml, kind.Key.Architecture, kind.Key.VirtType, kind.Key.MachineType) == MachineSupport.Yes
                && (kind.Key.Emulator.Length == 0 || kernel.Look(side.InitPid, kind.Key.Emulator) is not null))
            .ToList();
        var domains = known.Domains.ToDictionary();
        var cpus = known.Cpus.ToDictionary();
        var emulators = known.Emulators.ToDictionary(StringComparer.Ordinal);
        var virsh = new VirshCpus(engine, side.Generation.ContainerName);
        foreach (var kind in kinds)
        {
            if (!domains.TryGetValue(kind.Key, out var capabilities))
                domains[kind.Key] = capabilities = DomainCapabilities.Read(await libvirt.GetDomainCapabilitiesAsync(kind.Key, cancellationToken));
            if (kind.Key.Emulator.Length > 0 && !emulators.ContainsKey(kind.Key.Emulator) && kind.Any(static vm => vm.Hardware.Any(static need => need.QemuType is not null)))
                emulators[kind.Key.Emulator] = await AskEmulatorAsync(side.Generation.ContainerName, kind.Key.Emulator, cancellationToken);
            foreach (var query in kind.Where(vm => capabilities.WhyNoCpu(vm.Cpu) is null).Select(CpuQuery.Of).OfType<CpuQuery>().Distinct())
            {
                if (!cpus.ContainsKey(query))
                    cpus[query] = await virsh.CompareAsync(query.Kind, query.Cpu, cancellationToken);
            }
        }

        var files = definitions.SelectMany(FilesOf).Distinct(StringComparer.Ordinal)
            .ToDictionary(static path => path, path => kernel.Look(side.InitPid, path)?.Length, StringComparer.Ordinal);
        return _known[(side.Generation.Number, side.InitPid)] = new SideAnswers(domains, cpus, emulators, files);
    }

    /// <summary>What of an image a VM names by path.</summary>
    internal static IEnumerable<string> FilesOf(VmDefinition definition) =>
        new[] { definition.Emulator, definition.Firmware?.Loader, definition.Firmware?.Template }.OfType<string>().Where(static path => path.StartsWith('/'));

    /// <summary>One that does not tell forbids nothing: libvirt can start VMs by it all the same.</summary>
    private async Task<EmulatorAnswer> AskEmulatorAsync(string container, string emulator, CancellationToken cancellationToken)
    {
        try
        {
            return new EmulatorAnswer((await new EmulatorTypes(engine, container).ReadAsync(emulator, cancellationToken)).ToHashSet(StringComparer.Ordinal), WhyNot: null);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            return new EmulatorAnswer(new HashSet<string>(StringComparer.Ordinal), exception.Message);
        }
    }
}
