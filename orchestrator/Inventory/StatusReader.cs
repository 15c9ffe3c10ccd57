using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Locking;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Refreshing;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>Looks at the whole outer host once. What does not answer is said to be so, and does not hold up the rest.</summary>
public sealed class StatusReader(OuterHostParts parts)
{
    /// <summary>How long a generation may take to answer before it is called unreachable.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Looks.</summary>
    public async Task<HostStatus> ReadAsync(CancellationToken cancellationToken)
    {
        var looks = await Task.WhenAll(parts.Generations.All().Select(generation => LookAsync(generation, cancellationToken)));
        return new HostStatus(
            Initialised: true,
            [.. looks.Select(look => look.Status)],
            [.. looks.SelectMany(look => look.Machines).OrderBy(machine => machine.Name, StringComparer.Ordinal)],
            parts.Journal.UnfinishedOperations() is [var newest, ..] ? newest.Id : null,
            OuterHostLock.FindHolder(parts.Settings.Paths.LockFile)?.Words)
        {
            Holds = parts.Holds.All(),
            Refresh = RefreshOverview.Read(parts.Settings, parts.Time),
            KernelAfterReboot = KernelReleases.NewerThan(parts.Kernel.Release, parts.Kernel.InstalledReleases),
        };
    }

    private async Task<(GenerationStatus Status, IReadOnlyList<VmStatus> Machines)> LookAsync(
        Generation generation, CancellationToken cancellationToken)
    {
        var container = await parts.Engine.FindContainerAsync(generation.ContainerName, cancellationToken);
        if (container is not { Running: true })
            return (Describe(generation, container is null ? "missing" : "stopped"), []);

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            return await AskAsync(generation, patience.Token);
        }
        catch (Exception exception) when (exception is AdapterException or DeadlineException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return (Describe(generation, "unreachable"), []);
        }
    }

    private async Task<(GenerationStatus Status, IReadOnlyList<VmStatus> Machines)> AskAsync(Generation generation, CancellationToken cancellationToken)
    {
        await using var systemd = parts.Connector.ConnectSystemd(generation);
        await using var libvirt = parts.Connector.ConnectLibvirt(generation);
        var system = systemd.GetStatusAsync(cancellationToken);
        var versions = libvirt.ReadVersionsAsync(cancellationToken);
        var domains = libvirt.Domains.ListVmsAsync(cancellationToken);
        await Task.WhenAll(system, versions, domains);
        var status = Describe(generation, (await system).State) with
        {
            LibvirtVersion = (await versions).Libvirt,
            QemuVersion = (await versions).Hypervisor,
            FailedUnits = (await system).FailedUnits,
        };
        return (status, [.. (await domains).Select(domain => Describe(generation, domain))]);
    }

    private static GenerationStatus Describe(Generation generation, string state) => new(
        generation.Number,
        generation.Role,
        generation.Record.Image,
        generation.Record.ImageId,
        state,
        generation.Record.HostUuid,
        LibvirtVersion: null,
        QemuVersion: null,
        generation.Record.CreatedAt,
        FailedUnits: []);

    private static VmStatus Describe(Generation generation, DomainRecord domain) =>
        new(domain.Name, domain.Uuid, generation.Number, domain.State, domain.Persistent, domain.Autostart)
        {
            Saved = !domain.IsActive && SavedImage.Find(generation.Paths, domain.Name) is not null,
        };
}
