using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>
/// Migrations are peer to peer, so those of a hostctl that died go on without it. A swap that continues waits for them
/// to complete or roll back before it looks at who owns what.
/// </summary>
internal static class AwaitEarlierMovesStep
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>Waits for every VM that both sides know and that one of them has a job for.</summary>
    /// <exception cref="DeadlineException">One took longer than a migration of its size may.</exception>
    public static async Task RunAsync(SwapSession session, CancellationToken cancellationToken)
    {
        // The interrupted operation may have gone the other way.
        await RunAsync(session, session.Source, session.Target, cancellationToken);
        await RunAsync(session, session.Target, session.Source, cancellationToken);
    }

    private static async Task RunAsync(SwapSession session, SwapSide from, SwapSide to, CancellationToken cancellationToken)
    {
        foreach (var domain in await from.Libvirt.Domains.ListAsync(cancellationToken))
        {
            if (domain.IsActive && await to.Libvirt.Domains.FindAsync(domain.Uuid, cancellationToken) is not null)
                await AwaitOneAsync(session, from.Libvirt.Domains, domain, cancellationToken);
        }
    }

    private static async Task AwaitOneAsync(SwapSession session, ILibvirtDomains domains, DomainRecord domain, CancellationToken cancellationToken)
    {
        var began = session.Time.GetTimestamp();
        if (await domains.GetJobAsync(domain.Uuid, cancellationToken) is not { } first || !Runs(first))
            return;

        session.Notice($"{domain.Name} is still being moved by a hostctl that has ended; waiting for that");
        var machine = await InventoryReader.ReadVmAsync(domains, domain, cancellationToken);
        var limit = new MigrationWatch(session.Settings.Migration, session.Time, machine.Definition?.MemoryBytes ?? 0).Limit;
        for (DomainJob? job = first; Runs(job); job = await domains.GetJobAsync(domain.Uuid, cancellationToken))
        {
            if (session.Time.GetElapsedTime(began) > limit)
                throw new DeadlineException($"an earlier migration of {domain.Name} to end", limit, $"{job!.DataRemaining} bytes remain");
            await Task.Delay(Interval, session.Time, cancellationToken);
        }
    }

    private static bool Runs(DomainJob? job) => job is { Kind: DomainJobKind.Bounded or DomainJobKind.Unbounded };
}
