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
        var there = (await session.Target.Libvirt.Domains.ListAsync(cancellationToken)).ToDictionary(domain => domain.Uuid);
        foreach (var domain in await session.Source.Libvirt.Domains.ListAsync(cancellationToken))
        {
            if (there.TryGetValue(domain.Uuid, out var other) && (domain.IsActive || other.IsActive))
                await AwaitOneAsync(session, domain, cancellationToken);
        }
    }

    private static async Task AwaitOneAsync(SwapSession session, DomainRecord domain, CancellationToken cancellationToken)
    {
        var began = session.Time.GetTimestamp();
        if (await FindJobAsync(session, domain.Uuid, cancellationToken) is not { } first)
            return;

        session.Notice($"{domain.Name} is still being moved by a hostctl that has ended; waiting for that");
        var machine = await InventoryReader.ReadVmAsync(first.Domains, domain, cancellationToken);
        var limit = new MigrationWatch(session.Settings.Migration, session.Time, machine.Definition?.MemoryBytes ?? 0).Limit;
        for (var job = first.Job; job is not null; job = (await FindJobAsync(session, domain.Uuid, cancellationToken))?.Job)
        {
            if (session.Time.GetElapsedTime(began) > limit)
                throw new DeadlineException($"an earlier migration of {domain.Name} to end", limit, $"{job.DataRemaining} bytes remain");
            await Task.Delay(Interval, session.Time, cancellationToken);
        }
    }

    /// <summary>
    /// The job that one of both sides has. The interrupted operation may have gone the other way, and libvirt tells of a
    /// migration on the side that it comes from alone: on the other it refuses to answer. Only when nobody answers is that
    /// an error.
    /// </summary>
    private static async Task<(ILibvirtDomains Domains, DomainJob Job)?> FindJobAsync(SwapSession session, Guid uuid, CancellationToken cancellationToken)
    {
        AdapterException? refusal = null;
        var answers = 0;
        foreach (var domains in new[] { session.Source.Libvirt.Domains, session.Target.Libvirt.Domains })
        {
            try
            {
                if (await domains.GetJobAsync(uuid, cancellationToken) is { Kind: DomainJobKind.Bounded or DomainJobKind.Unbounded } job)
                    return (domains, job);
                answers++;
            }
            catch (AdapterException exception)
            {
                refusal = exception;
            }
        }

        return answers == 0 && refusal is not null ? throw refusal : null;
    }
}
