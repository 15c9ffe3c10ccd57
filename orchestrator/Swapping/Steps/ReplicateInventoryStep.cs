using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>Carries libvirt's networks and storage pools to the candidate, active where they are active now.</summary>
internal static class ReplicateInventoryStep
{
    public static async Task<string> RunAsync(SwapSession session, CancellationToken cancellationToken)
    {
        var networks = await CarryAsync(session, "network", side => side.Libvirt.Networks, cancellationToken);
        var pools = await CarryAsync(session, "storage pool", side => side.Libvirt.StoragePools, cancellationToken);
        return $"{networks} network(s), {pools} storage pool(s)";
    }

    private static async Task<int> CarryAsync(
        SwapSession session, string kind, Func<SwapSide, ILibvirtObjects> of, CancellationToken cancellationToken)
    {
        var source = of(session.Source);
        var wanted = (await source.ListAsync(cancellationToken)).Where(item => item.Persistent).ToList();
        foreach (var item in wanted)
        {
            var xml = await source.GetXmlAsync(item.Name, cancellationToken);
            await session.Log.DoAsync("replicate", $"{kind} {item.Name}", () => CarryOneAsync(kind, item, xml, of(session.Target), cancellationToken));
        }

        return wanted.Count;
    }

    /// <summary>Every call is made only where the candidate does not show its effect yet, so that it can be run again.</summary>
    private static async Task<string> CarryOneAsync(
        string kind, LibvirtObject wanted, string xml, ILibvirtObjects target, CancellationToken cancellationToken)
    {
        var there = await FindAsync(target, wanted.Name, cancellationToken);
        if (there is null)
            await target.DefineAsync(xml, cancellationToken);
        if (there is null || there.Autostart != wanted.Autostart)
            await target.SetAutostartAsync(wanted.Name, wanted.Autostart, cancellationToken);
        if (wanted.Active && there is not { Active: true })
            await target.StartAsync(wanted.Name, cancellationToken);

        var now = await FindAsync(target, wanted.Name, cancellationToken);
        return now is not null && now.Uuid == wanted.Uuid && now.Autostart == wanted.Autostart && (now.Active || !wanted.Active)
            ? $"defined{(now.Active ? ", active" : "")}{(now.Autostart ? ", autostart" : "")}"
            : throw new AdapterException("libvirt", $"carry {kind} {wanted.Name}", now is null ? "it is not there" : $"it is there as {now}, wanted was {wanted}");
    }

    private static async Task<LibvirtObject?> FindAsync(ILibvirtObjects objects, string name, CancellationToken cancellationToken) =>
        (await objects.ListAsync(cancellationToken)).FirstOrDefault(item => string.Equals(item.Name, name, StringComparison.Ordinal));
}
