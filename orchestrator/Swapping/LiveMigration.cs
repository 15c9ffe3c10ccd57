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
    /// <summary>How often progress is read: libvirt sends no event for transferred bytes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long libvirt may take to end a migration that it was told to abort.</summary>
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(60);

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
        var call = MigrationCall.RunAsync(session.Settings, session.Source, session.Target, domain, sourceVersion, postCopy, arrival);
        var watch = new MigrationWatch(session.Settings.Migration, session.Time);
        while (await RunsAsync(call, move, watch, climber))
        {
            if (climber.InPostCopy)
            {
                ThrowIfEndless(move, watch, limit);
                await WaitAsync(call, CancellationToken.None); // It cannot be aborted any more.
                continue;
            }

            if ((climber.WhyStay ?? watch.WhyGiveUp(stop)) is { } why)
                await AbortAsync(move, watch, why);

            await WaitAsync(call, watch.Aborted is null ? stop : CancellationToken.None);
        }

        var end = await OutcomeAsync(call, watch.Aborted) with { Rung = climber.Highest };
        return climber.InPostCopy && end.Failure is not null && await new PostCopyRecovery(session).TryAsync(move.Uuid, move.Name, move.MemoryBytes)
            ? end with { Failure = null }
            : end;
    }

    /// <summary>Tells libvirt to abort, again and again: an abort that comes before QEMU has begun is lost.</summary>
    private async Task AbortAsync(PlannedMove move, MigrationWatch watch, string why)
    {
        if (watch.Abort(why) > AbortLimit)
            throw new DeadlineException($"libvirt to end the migration of {move.Name}", AbortLimit, $"it was told to because {watch.Aborted}");

        try
        {
            await Domains.AbortJobAsync(move.Uuid, CancellationToken.None);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: the migration could not be aborted yet: {exception.Message}");
        }
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

    /// <summary>
    /// Whether the migration still runs. The call can end before it: libvirt-dbus may die while libvirtd goes on, so
    /// the job itself is asked for as well. libvirt keeps the job of a broken post-copy migration, which does not run.
    /// </summary>
    private async Task<bool> RunsAsync(Task call, PlannedMove move, MigrationWatch watch, LadderClimber climber)
    {
        try
        {
            var job = await Domains.GetJobAsync(move.Uuid, CancellationToken.None);
            if (job is not { Runs: true })
                return !call.IsCompleted;

            watch.Saw(job);
            session.Observer.OnEvent(MoveProgress.Of(session.Time.GetUtcNow(), move, job));
            if (watch.Aborted is null)
                await climber.ConsiderAsync(watch.Elapsed, job);
            return !(climber.InPostCopy && call.IsCompleted && await Domains.FindAsync(move.Uuid, CancellationToken.None) is { PostCopy: PostCopyPhase.Broken });
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            // A libvirt that restarts answers again soon; if it does not, the fence that follows says so.
            session.Notice($"{move.Name}: progress cannot be read: {exception.Message}");
            return !call.IsCompleted;
        }
    }

    private async Task WaitAsync(Task call, CancellationToken stop)
    {
        using var tick = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // The call may have ended before its job, and then says nothing of when that ends.
        var delay = Task.Delay(Interval, session.Time, tick.Token);
        await (call.IsCompleted ? Task.WhenAny(delay) : Task.WhenAny(call, delay));
        await tick.CancelAsync();
    }

    private static async Task<MigrationEnd> OutcomeAsync(Task call, string? aborted)
    {
        try
        {
            await call;
            return new MigrationEnd(Failure: null, Aborted: false); // It finished first, whatever was asked of it meanwhile.
        }
        catch (HostSwapException exception)
        {
            return new MigrationEnd(aborted is null ? exception.Message : $"{aborted} ({exception.Message})", Aborted: aborted is not null);
        }
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
