using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// One call of libvirt's migration with its policy: progress is watched, it climbs the ladder where it does not converge,
/// and is aborted when that has come to its end, it stands still, or the swap is interrupted. Says only why the call
/// ended: where the VM is then must be looked at.
/// </summary>
public sealed class LiveMigration(SwapSession session)
{
    private ILibvirtDomains Domains => session.Source.Libvirt.Domains;

    /// <summary>Migrates, and waits until nothing of it runs any more, or it has broken in its post-copy phase.</summary>
    /// <param name="move">The planned move.</param>
    /// <param name="domain">The domain as it is now.</param>
    /// <param name="sourceVersion">The source's libvirt.</param>
    /// <param name="arrival">How RAM comes to the other side, and the VM with it.</param>
    /// <param name="stop">Interrupts it in order, unless post-copy has begun.</param>
    public async Task<MigrationEnd> RunAsync(PlannedMove move, DomainRecord domain, Version sourceVersion, MigrationArrival arrival, CancellationToken stop)
    {
        // What does not run, or does not send its RAM, converges, and must not be let run by a last resort.
        var mayNot = arrival != MigrationArrival.Copied || domain.State is not (DomainState.Running or DomainState.Blocked);
        var policy = mayNot ? ConvergencePolicy.Stay : move.Policy.OnNoConvergence;
        var limit = MigrationWatch.LimitOf(session.Settings.Migration, move.MemoryBytes);
        var climber = new LadderClimber(session, move, new ConvergenceLadder(policy, session.Settings.Migration, limit));
        await LimitDowntimeAsync(move);

        var postCopy = policy == ConvergencePolicy.PostCopy ? PostCopyUse.Allowed : PostCopyUse.Never;
        var call = new JobCall(
            session, move, "migration", MigrationCall.RunAsync(session.Settings, session.Source, session.Target, domain, sourceVersion, postCopy, arrival));
        while (await call.RunsAsync(job => GoesOnAsync(call, move, climber, job)))
        {
            if (climber.InPostCopy)
            {
                ThrowIfEndless(move, call.Watch, limit);
                await call.WaitAsync(CancellationToken.None); // It cannot be aborted any more.
                continue;
            }

            if ((climber.WhyStay ?? call.Watch.WhyGiveUp(stop)) is { } why)
                await call.AbortAsync(why);

            await call.WaitAsync(call.Watch.Aborted is null ? stop : CancellationToken.None);
        }

        var end = await call.OutcomeAsync() with { Rung = climber.Highest };
        return climber.InPostCopy && end.Failure is not null && await new PostCopyRecovery(session).TryAsync(move.Uuid, move.Name, move.MemoryBytes)
            ? end with { Failure = null }
            : end;
    }

    /// <summary>
    /// Nothing can be done to end it; but a person can be told. One that broke before the receiving libvirt was ready to
    /// see it (9.0 has missed QEMU's event then) does not end by itself.
    /// </summary>
    private static void ThrowIfEndless(PlannedMove move, MigrationWatch watch, TimeSpan limit)
    {
        var why = watch.Elapsed > limit * 3 ? "it still goes on" : watch.WhyGiveUp(CancellationToken.None);
        if (why is not null)
            throw new DeadlineException($"the post-copy migration of {move.Name} to end", watch.Elapsed, $"{why}, and it cannot be aborted");
    }

    /// <summary>Set before the migration, so that even one that is over at once keeps to it.</summary>
    private async Task LimitDowntimeAsync(PlannedMove move)
    {
        try
        {
            await Domains.SetMaxDowntimeAsync(move.Uuid, session.Settings.Migration.Convergence.Downtime, CancellationToken.None);
        }
        catch (AdapterException exception)
        {
            session.Notice($"{move.Name}: its downtime could not be limited, QEMU's default stays: {exception.Message}");
        }
    }

    /// <summary>libvirt keeps the job of a broken post-copy migration, which does not run.</summary>
    private async Task<bool> GoesOnAsync(JobCall call, PlannedMove move, LadderClimber climber, DomainJob job)
    {
        if (call.Watch.Aborted is null)
            await climber.ConsiderAsync(call.Watch.Elapsed, job);
        return !(climber.InPostCopy && call.IsCompleted && await Domains.FindAsync(move.Uuid, CancellationToken.None) is { PostCopy: PostCopyPhase.Broken });
    }
}

/// <summary>How RAM comes to the other side, and the VM with it.</summary>
public enum MigrationArrival
{
    /// <summary>RAM is copied; the VM goes on by itself.</summary>
    Copied,

    /// <summary>RAM stays where it is; the VM goes on by itself.</summary>
    HandedOver,

    /// <summary>RAM stays where it is; the VM waits until it is told to go on.</summary>
    HandedOverPaused,
}

/// <summary>How a migration ended.</summary>
/// <param name="Failure">Why the call failed or was aborted; null where libvirt reported success.</param>
/// <param name="Aborted">Whether it failed since it was told to: another try would not go better.</param>
public sealed record MigrationEnd(string? Failure, bool Aborted)
{
    /// <summary>How high it had to climb.</summary>
    public Rung Rung { get; init; }
}
