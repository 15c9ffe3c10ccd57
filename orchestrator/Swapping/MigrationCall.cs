using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>One call of libvirt's migration between two generations, over a UNIX socket of its own.</summary>
internal static class MigrationCall
{
    /// <summary>
    /// From this libvirt on <c>shared_filesystems</c> in qemu.conf is sure to be there (11.3 has it, 9.0 has not); an
    /// older one must be told to skip its check for shared storage, which is true here by construction.
    /// </summary>
    private static readonly Version SharedFilesystemsSince = new(11, 0);

    /// <summary>The name, below the directory of migration sockets, of the one through which a VM is sent.</summary>
    public static string SocketName(Guid uuid) => $"{uuid}.sock";

    /// <summary>A generation has no security driver for VMs but file owners.</summary>
    private static async Task<MigrationRequest> UnconfinedAsync(MigrationRequest request, ILibvirtDomains domains, DomainRecord domain)
    {
        var persistent = domain.Persistent ? await domains.GetXmlAsync(domain.Uuid, DomainXml.Portable, CancellationToken.None) : "<domain/>";
        return request with
        {
            DestinationXml = Confinement.Without(await domains.GetXmlAsync(domain.Uuid, DomainXml.Migratable, CancellationToken.None)),
            PersistentXml = Confinement.IsIn(persistent) ? Confinement.Without(persistent) : null,
        };
    }

    /// <summary>Migrates; ends when libvirt says that it has ended. Cancelled by aborting the job alone.</summary>
    /// <param name="settings">The configuration.</param>
    /// <param name="from">The side that sends.</param>
    /// <param name="to">The side that takes it in.</param>
    /// <param name="domain">The domain as the sending side has it.</param>
    /// <param name="version">The sending side's libvirt.</param>
    /// <param name="postCopy">What it has to do with post-copy.</param>
    /// <param name="arrival">How RAM comes to the other side, and the VM with it.</param>
    public static async Task RunAsync(
        HostSwapSettings settings, SwapSide from, SwapSide to, DomainRecord domain, Version version, PostCopyUse postCopy, MigrationArrival arrival)
    {
        // Where RAM is not sent, there is nothing to throttle, to limit or to spread over connections.
        var copies = arrival == MigrationArrival.Copied;
        var socket = SocketName(domain.Uuid);
        var migration = settings.Migration;
        var request = new MigrationRequest(
            $"qemu+unix:///system?socket={to.Generation.Paths.PeerLibvirtSocket}",
            $"unix://{HostImageContract.MigrationSockets}/{socket}",
            domain.Persistent,
            // The outer host's libvirt was never told which directories are shared.
            Unsafe: version < SharedFilesystemsSince || from.Generation.IsOuter,
            copies && migration.AutoConverge,
            copies ? migration.BandwidthMiBPerSecond : null,
            copies && migration.ParallelConnections > 1 ? migration.ParallelConnections : null)
        {
            PostCopy = postCopy,
            ArrivesPaused = arrival == MigrationArrival.HandedOverPaused,
        };
        if (from.Generation.IsOuter)
            request = await UnconfinedAsync(request, from.Libvirt.Domains, domain);
        try
        {
            await from.Libvirt.Domains.MigrateAsync(domain.Uuid, request, CancellationToken.None);
        }
        finally
        {
            // QEMU leaves its listening socket behind; a later migration could not make its own under that name.
            File.Delete(Path.Join(settings.Paths.MigrationSockets, socket));
        }
    }
}
