using System.Xml;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Verifying.Checks;

namespace HostSwap.Orchestrator.Verifying;

/// <summary>Looks whether a VM with a QEMU has what it needs where it is, and whether its guest is still the same.</summary>
public sealed class VmVerifier(IContainerEngine engine, IOuterKernel kernel, TimeProvider time)
{
    /// <summary>How long libvirt may take to see that the agent of a VM that has arrived is still connected.</summary>
    private static readonly TimeSpan AgentLimit = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly GuestAgent _agent = new(engine, time);
    private readonly TapCheck _taps = new(kernel, time);
    private readonly DiskCheck _disks = new(kernel);

    /// <summary>Notes what must be so again after a move.</summary>
    /// <param name="place">Where the VM is.</param>
    /// <param name="destination">Where it will be.</param>
    /// <param name="domain">The VM.</param>
    /// <param name="definition">Its live definition.</param>
    /// <param name="cancellationToken">Stops looking.</param>
    public async Task<VmFacts> NoteAsync(
        LiveGeneration place, LiveGeneration destination, DomainRecord domain, VmDefinition definition, CancellationToken cancellationToken)
    {
        // From before the guest is asked, or a reboot in between would be missed.
        var reboots = definition.AgentConnected ? new RebootWatch(domain.Uuid, place.Libvirt.Domains, destination.Libvirt.Domains) : null;
        try
        {
            var guest = await AskAsync(place, domain, definition, cancellationToken);
            var faults = (await LookAsync(place, domain, definition, cancellationToken))
                .Where(check => check.Status != HealthStatus.Ok)
                .Select(check => check.Name);
            return new VmFacts(guest, faults.ToHashSet(StringComparer.Ordinal)) { Reboots = reboots };
        }
        catch
        {
            if (reboots is not null)
                await reboots.DisposeAsync();
            throw;
        }
    }

    /// <summary>Looks after a move. A fault that was there before it is a warning.</summary>
    public async Task<IReadOnlyList<HealthCheck>> CompareAsync(
        LiveGeneration place, DomainRecord domain, VmFacts before, CancellationToken cancellationToken)
    {
        try
        {
            var definition = await ReadAsync(place, domain, awaitAgent: before.Guest is not { BootId: null, Clock: null }, cancellationToken);
            var guest = await AskAsync(place, domain, definition, cancellationToken);
            var checks = (await LookAsync(place, domain, definition, cancellationToken))
                .Select(check => check.Status == HealthStatus.Error && before.Faults.Contains(check.Name)
                    ? check with { Status = HealthStatus.Warning, Message = $"{check.Message}, as before the move" }
                    : check)
                .ToList();
            checks.AddRange(GuestCheck.Compare(domain, before.Guest, guest, before.Reboots is { Heard: true }));
            return checks;
        }
        catch (XmlException exception)
        {
            return [Unreadable(domain, exception)];
        }
    }

    /// <summary>Looks at a VM that nobody has just moved.</summary>
    public async Task<IReadOnlyList<HealthCheck>> VerifyAsync(LiveGeneration place, DomainRecord domain, CancellationToken cancellationToken)
    {
        try
        {
            var definition = await ReadAsync(place, domain, awaitAgent: false, cancellationToken);
            var guest = await AskAsync(place, domain, definition, cancellationToken);
            var checks = await LookAsync(place, domain, definition, cancellationToken);
            return GuestCheck.Tell(domain, guest) is { } told ? [.. checks, told] : checks;
        }
        catch (XmlException exception)
        {
            return [Unreadable(domain, exception)];
        }
    }

    private async Task<IReadOnlyList<HealthCheck>> LookAsync(
        LiveGeneration place, DomainRecord domain, VmDefinition definition, CancellationToken cancellationToken) =>
        [
            .. await _disks.RunAsync(place, domain, definition, cancellationToken),
            .. await _taps.RunAsync(place, domain, definition, cancellationToken),
        ];

    /// <summary>A paused guest cannot answer.</summary>
    private Task<GuestFacts> AskAsync(LiveGeneration place, DomainRecord domain, VmDefinition definition, CancellationToken cancellationToken) =>
        VmCheck.Executes(domain)
            ? _agent.AskAsync(place.Generation.ContainerName, domain.Uuid, definition, cancellationToken)
            : Task.FromResult(GuestFacts.NoAgent);

    private async Task<VmDefinition> ReadAsync(LiveGeneration place, DomainRecord domain, bool awaitAgent, CancellationToken cancellationToken)
    {
        var began = time.GetTimestamp();
        for (; ; )
        {
            var definition = DomainXmlReader.Read(await place.Libvirt.Domains.GetXmlAsync(domain.Uuid, DomainXml.Live, cancellationToken));
            if (!awaitAgent || definition.AgentConnected || !VmCheck.Executes(domain) || time.GetElapsedTime(began) > AgentLimit)
                return definition;
            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private static HealthCheck Unreadable(DomainRecord domain, XmlException exception) => VmCheck.Make(
        "definition", domain, HealthStatus.Error, $"its definition cannot be read: {exception.Message}", "Mend it with 'hostctl exec virsh edit'.");
}
