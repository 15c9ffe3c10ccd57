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

    /// <summary>Waits for every VM that has a job on the old side and is known to the new one.</summary>
    /// <exception cref="DeadlineException">One took longer than a migration of its size may.</exception>
    public static async Task RunAsync(SwapSession session, CancellationToken cancellationToken)
    {
        foreach (var domain in await session.Source.Libvirt.Domains.ListAsync(cancellationToken))
        {
            if (domain.IsActive && await session.Target.Libvirt.Domains.FindAsync(domain.Uuid, cancellationToken) is not null)
                await AwaitOneAsync(session, domain, cancellationToken);
        }
    }

    private static async Task AwaitOneAsync(SwapSession session, DomainRecord domain, CancellationToken cancellationToken)
    {
        var machine = await InventoryReader.ReadVmAsync(session.Source.Libvirt.Domains, domain, cancellationToken);
        var limit = new MigrationWatch(session.Settings.Migration, session.Time, machine.Definition?.MemoryBytes ?? 0).Limit;
        var began = session.Time.GetTimestamp();
        for (var job = machine.Job; Runs(job); job = await session.Source.Libvirt.Domains.GetJobAsync(domain.Uuid, cancellationToken))
        {
            if (job == machine.Job)
                session.Notice($"{domain.Name} is still being moved by a hostctl that has ended; waiting for that");
            if (session.Time.GetElapsedTime(began) > limit)
                throw new DeadlineException($"an earlier migration of {domain.Name} to end", limit, $"{job!.DataRemaining} bytes remain");
            await Task.Delay(Interval, session.Time, cancellationToken);
        }
    }

    private static bool Runs(DomainJob? job) => job is { Kind: DomainJobKind.Bounded or DomainJobKind.Unbounded };
}
