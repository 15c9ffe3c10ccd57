using System.Globalization;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning;

/// <summary>Looks whether a generation reaches the servers of disks that are reached by network: a connection is made from inside of it.</summary>
internal sealed class ServerSurvey(IContainerEngine engine)
{
    /// <summary>Of one connection; nc itself is given a second less.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(4);

    /// <summary>What QEMU's block drivers use where the definition says no port (libvirt's <c>virStorageSourceNetworkDefaultPort</c>).</summary>
    private static readonly Dictionary<string, int> DefaultPorts = new(StringComparer.Ordinal)
    {
        ["nbd"] = 10809,
        ["http"] = 80,
        ["https"] = 443,
        ["ftp"] = 21,
        ["ftps"] = 990,
        ["tftp"] = 69,
        ["ssh"] = 22,
        ["iscsi"] = 3260,
        ["gluster"] = 24007,
        ["nfs"] = 2049,
    };

    /// <summary>Looks at the servers of every disk.</summary>
    /// <returns>Those that it does not reach, with what was seen instead.</returns>
    public async Task<IReadOnlyDictionary<StorageServer, string>> RunAsync(HostInventory inventory, Generation generation, CancellationToken cancellationToken)
    {
        var servers = inventory.VirtualMachines.SelectMany(static machine => machine.Definition?.Disks ?? []).SelectMany(static disk => disk.Servers).Distinct();
        var looks = await Task.WhenAll(servers.Select(async server => (server, Why: await WhyNotAsync(server, generation, cancellationToken))));
        return looks.Where(static look => look.Why is not null).ToDictionary(static look => look.server, static look => look.Why!);
    }

    private async Task<string?> WhyNotAsync(StorageServer server, Generation generation, CancellationToken cancellationToken)
    {
        // Ceph's monitors, of which a disk names none where its cluster's configuration does, listen on several ports; tftp has no connections.
        if (server.Host is not { Length: > 0 } host || server.Protocol is "tftp" || (server.Port ?? DefaultPorts.GetValueOrDefault(server.Protocol)) is not (> 0 and var port))
            return null;
        var name = string.Create(CultureInfo.InvariantCulture, $"{server.Protocol} {host}:{port}");
        try
        {
            var outcome = await engine.ExecuteAsync(
                generation.ContainerName, ["nc", "-v", "-z", "-w", "3", "--", host, port.ToString(CultureInfo.InvariantCulture)], Limit, cancellationToken);
            // 126 and 127: an image without nc, in which it cannot be told.
            return outcome.ExitCode is 0 or 126 or 127 ? null : $"{name}: {Words(outcome)}";
        }
        catch (DeadlineException)
        {
            return $"{name}: no connection in time";
        }
    }

    private static string Words(CommandOutcome outcome) => outcome.Error.Trim() is { Length: > 0 } said ? said : "no connection";
}
