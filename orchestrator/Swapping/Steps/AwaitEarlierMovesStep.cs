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

    /// <summary>Waits for every VM that both sides have and that one of them is sending.</summary>
    /// <exception cref="DeadlineException">One took longer than a migration of its size may.</exception>
    public static async Task RunAsync(SwapSession session, CancellationToken cancellationToken)
    {
        foreach (var domain in await session.Source.Libvirt.Domains.ListVmsAsync(cancellationToken))
        {
            if (domain.IsActive && await session.Target.Libvirt.Domains.FindAsync(domain.Uuid, cancellationToken) is { IsActive: true })
                await AwaitOneAsync(session, domain, cancellationToken);
        }
    }

    private static async Task AwaitOneAsync(SwapSession session, DomainRecord domain, CancellationToken cancellationToken)
    {
        // The interrupted operation may have gone the other way.
        if (await FindSenderAsync(session, domain.Uuid, cancellationToken) is not { } domains)
            return;

        session.Notice($"{domain.Name} is still being moved by a hostctl that has ended; waiting for that");
        var began = session.Time.GetTimestamp();
        var machine = await InventoryReader.ReadVmAsync(domains, domain, cancellationToken);
        var limit = MigrationWatch.LimitOf(session.Settings.Migration, machine.Definition?.MemoryBytes ?? 0);
        for (var job = machine.Job; Runs(job); job = await domains.GetJobAsync(domain.Uuid, cancellationToken))
        {
            // libvirt keeps the job of one that has broken in post-copy; it does not run.
            if (await domains.FindAsync(domain.Uuid, cancellationToken) is { PostCopy: PostCopyPhase.Broken })
                return;
            if (session.Time.GetElapsedTime(began) > limit)
                throw new DeadlineException($"an earlier migration of {domain.Name} to end", limit, $"{job!.DataRemaining} bytes remain");
            await Task.Delay(Interval, session.Time, cancellationToken);
        }
    }

    /// <summary>The side whose libvirt sends it now: the receiving one refuses to tell of its job.</summary>
    private static async Task<ILibvirtDomains?> FindSenderAsync(SwapSession session, Guid uuid, CancellationToken cancellationToken)
    {
        AdapterException? refusal = null;
        foreach (var domains in new[] { session.Source.Libvirt.Domains, session.Target.Libvirt.Domains })
        {
            try
            {
                if (Runs(await domains.GetJobAsync(uuid, cancellationToken)))
                    return domains;
            }
            catch (AdapterException exception) when (refusal is null)
            {
                refusal = exception; // Of both sides at once it would be no receiver's, and is passed on.
            }
        }

        return null;
    }

    private static bool Runs(DomainJob? job) => job is { Runs: true };
}
