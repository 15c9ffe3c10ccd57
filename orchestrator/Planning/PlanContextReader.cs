using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Orchestrator.Planning;

/// <summary>Reads what a plan is made from, out of both generations.</summary>
public sealed class PlanContextReader(OuterHostParts parts)
{
    private readonly HandoverSurvey _handovers = new(parts);

    /// <summary>Reads both sides.</summary>
    public async Task<PlanContext> ReadAsync(
        (Generation Generation, ILibvirtHost Libvirt) source,
        (Generation Generation, ILibvirtHost Libvirt) target,
        CancellationToken cancellationToken)
    {
        var from = await ReadSideAsync(source.Generation, source.Libvirt, cancellationToken);
        var to = await ReadSideAsync(target.Generation, target.Libvirt, cancellationToken);
        var inventory = await InventoryReader.ReadAsync(source.Libvirt, cancellationToken);
        var saved = SavedImage.InspectAll(source.Generation.Paths, inventory);
        inventory = inventory.With(saved);
        var withOuter = source.Generation.IsOuter || target.Generation.IsOuter;
        var answers = parts.Survey.RunAsync(inventory, to, target.Libvirt, cancellationToken);
        var wayBack = parts.Survey.RunAsync(inventory, from, source.Libvirt, cancellationToken);
        await Task.WhenAll(answers, wayBack);
        return new PlanContext(
            parts.Settings,
            parts.Kernel,
            from,
            to,
            inventory,
            await answers,
            await wayBack,
            await ReadNeedsAsync(inventory, source.Libvirt, cancellationToken))
        {
            Handovers = await _handovers.RunAsync(inventory, (from, source.Libvirt.Domains), to, cancellationToken),
            Packages = PackageManifest.Read(parts.Kernel, from.InitPid) is { } now && PackageManifest.Read(parts.Kernel, to.InitPid) is { } then
                ? PackageManifest.Compare(now, then)
                : null,
            SourceObjects = await HostReader.ReadObjectsAsync(source.Libvirt, source.Generation.Paths, cancellationToken),
            TargetObjects = await HostReader.ReadObjectsAsync(target.Libvirt, target.Generation.Paths, cancellationToken),
            Unreachable = await new ServerSurvey(parts.Engine).RunAsync(inventory, target.Generation, cancellationToken),
            SavedImages = saved,
            SourceFiles = withOuter ? [] : OperatorFile.ReadAll(from.InitPid, parts.Settings.Carry.All),
            TargetFiles = withOuter ? [] : OperatorFile.ReadAll(to.InitPid, parts.Settings.Carry.All),
            OuterBridges = withOuter ? await ReadOuterBridgesAsync(cancellationToken) : new Dictionary<string, string>(StringComparer.Ordinal),
            FreeStateBytes = new DriveInfo(parts.Settings.Paths.State).AvailableFreeSpace,
            Prepared = await ReadPreparedAsync(inventory, source.Libvirt.Domains, cancellationToken),
        };
    }

    private async Task<IReadOnlyDictionary<string, string>> ReadOuterBridgesAsync(CancellationToken cancellationToken)
    {
        var bridges = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var network in parts.Settings.Networks)
        {
            if (await parts.Engine.FindNetworkAsync(network.Network, cancellationToken) is { OuterBridge: { } outer })
                bridges[network.Bridge] = outer;
        }

        return bridges;
    }

    private static async Task<IReadOnlyList<CarriedNeed>> ReadNeedsAsync(
        HostInventory inventory, ILibvirtHost libvirt, CancellationToken cancellationToken)
    {
        var needs = new List<CarriedNeed>();
        foreach (var network in inventory.Networks.Where(network => network is { Persistent: true, Active: true }))
        {
            var xml = DomainXmlReader.Parse(await libvirt.Networks.GetXmlAsync(network.Name, cancellationToken));
            // In any other mode libvirt makes the bridge itself.
            var uses = xml.Element("forward")?.Attribute("mode")?.Value is "bridge";
            needs.Add(new CarriedNeed("network", network.Name, uses ? xml.Element("bridge")?.Attribute("name")?.Value : null, Directory: null));
        }

        foreach (var pool in inventory.StoragePools.Where(pool => pool is { Persistent: true, Active: true }))
        {
            var xml = DomainXmlReader.Parse(await libvirt.StoragePools.GetXmlAsync(pool.Name, cancellationToken));
            var directory = xml.Attribute("type")?.Value is "dir" ? xml.Element("target")?.Element("path")?.Value : null;
            needs.Add(new CarriedNeed("storage pool", pool.Name, Bridge: null, directory));
        }

        return needs;
    }

    private async Task<PlanSide> ReadSideAsync(Generation generation, ILibvirtHost libvirt, CancellationToken cancellationToken) => new(
        generation,
        await parts.Engine.FindImageAsync(generation.Record.ImageId, cancellationToken),
        await libvirt.DescribeAsync(cancellationToken),
        await parts.Generations.InitPidAsync(generation, cancellationToken))
    {
        MissingMounts = await parts.Engine.FindContainerAsync(generation.ContainerName, cancellationToken) is { Running: true } container
            ? HandoverMounts.Missing(generation, container, parts.Settings, parts.Kernel)
            : [],
    };

    /// <summary>Of a VM that runs, what it was started with counts; of one that is shut off, what it will be started with.</summary>
    private static async Task<IReadOnlySet<Guid>> ReadPreparedAsync(HostInventory inventory, ILibvirtDomains domains, CancellationToken cancellationToken)
    {
        var prepared = new HashSet<Guid>();
        foreach (var uuid in inventory.VirtualMachines.Where(machine => machine.Definition is not null).Select(machine => machine.Domain.Uuid))
        {
            if (HandoverXml.IsPrepared(DomainXmlReader.Parse(await domains.GetXmlAsync(uuid, DomainXml.Live, cancellationToken)), uuid))
                prepared.Add(uuid);
        }

        return prepared;
    }
}
