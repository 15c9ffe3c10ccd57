using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// One call of libvirt's migration with its policy: progress is watched, and it is aborted when it takes too long,
/// stands still, or the swap is interrupted. Says only why the call ended: where the VM is then must be looked at.
/// </summary>
public sealed class LiveMigration(SwapSession session)
{
    /// <summary>How often progress is read: libvirt sends no event for transferred bytes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>
    /// For how long a guest may stand still by QEMU's own reckoning. What a person outside sees is this and some 100 ms
    /// for stopping, starting and the switch learning; with QEMU's default of 300 ms that came close to half a second.
    /// </summary>
    private static readonly TimeSpan MaximumDowntime = TimeSpan.FromMilliseconds(100);

    /// <summary>How long libvirt may take to end a migration that it was told to abort.</summary>
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(60);

    /// <summary>
    /// From this libvirt on <c>shared_filesystems</c> in qemu.conf is sure to be there (11.3 has it, 9.0 has not); an
    /// older one must be told to skip its check for shared storage, which is true here by construction.
    /// </summary>
    private static readonly Version SharedFilesystemsSince = new(11, 0);

    /// <summary>Migrates, and waits until nothing of it runs any more.</summary>
    /// <param name="move">The planned move.</param>
    /// <param name="persistent">Whether the domain has a persistent definition now.</param>
    /// <param name="sourceVersion">The source's libvirt.</param>
    /// <param name="arrival">How RAM comes to the other side, and the VM with it.</param>
    /// <param name="stop">Interrupts it in order.</param>
    public async Task<MigrationEnd> RunAsync(PlannedMove move, bool persistent, Version sourceVersion, MigrationArrival arrival, CancellationToken stop)
    {
        var socket = $"{move.Uuid}.sock";
        var request = Request(socket, persistent, sourceVersion, arrival);
        await LimitDowntimeAsync(move);
        var call = session.Source.Libvirt.Domains.MigrateAsync(move.Uuid, request, CancellationToken.None);
        var watch = new MigrationWatch(session.Settings.Migration, session.Time, move.MemoryBytes);
        try
        {
            while (await RunsAsync(call, move, watch))
            {
                if (watch.WhyGiveUp(stop) is { } why)
                    await AbortAsync(move, watch, why);

                await WaitAsync(call, watch.Aborted is null ? stop : CancellationToken.None);
            }
        }
        finally
        {
            // QEMU leaves its listening socket behind; a later migration could not make its own under that name.
            File.Delete(Path.Join(session.Settings.Paths.MigrationSockets, socket));
        }

        return await OutcomeAsync(call, watch.Aborted);
    }

    /// <summary>Tells libvirt to abort, again and again: an abort that comes before QEMU has begun is lost.</summary>
    private async Task AbortAsync(PlannedMove move, MigrationWatch watch, string why)
    {
        if (watch.Abort(why) > AbortLimit)
            throw new DeadlineException($"libvirt to end the migration of {move.Name}", AbortLimit, $"it was told to because {watch.Aborted}");

        try
        {
            await session.Source.Libvirt.Domains.AbortJobAsync(move.Uuid, CancellationToken.None);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: the migration could not be aborted yet: {exception.Message}");
        }
    }

    /// <summary>Set before the migration, so that even one that is over at once keeps to it.</summary>
    private async Task LimitDowntimeAsync(PlannedMove move)
    {
        try
        {
            await session.Source.Libvirt.Domains.SetMaxDowntimeAsync(move.Uuid, MaximumDowntime, CancellationToken.None);
        }
        catch (AdapterException exception)
        {
            session.Notice($"{move.Name}: its downtime could not be limited, QEMU's default stays: {exception.Message}");
        }
    }

    /// <summary>Where RAM is not sent, there is nothing to throttle, to limit or to spread over connections.</summary>
    private MigrationRequest Request(string socket, bool persistent, Version sourceVersion, MigrationArrival arrival)
    {
        var migration = session.Settings.Migration;
        var copies = arrival == MigrationArrival.Copied;
        return new MigrationRequest(
            $"qemu+unix:///system?socket={session.Target.Generation.Paths.PeerLibvirtSocket}",
            $"unix://{HostImageContract.MigrationSockets}/{socket}",
            persistent,
            Unsafe: sourceVersion < SharedFilesystemsSince,
            copies && migration.AutoConverge,
            copies ? migration.BandwidthMiBPerSecond : null,
            copies && migration.ParallelConnections > 1 ? migration.ParallelConnections : null,
            ArrivesPaused: arrival == MigrationArrival.HandedOverPaused);
    }

    /// <summary>
    /// Whether the migration still runs. The call can end before it: libvirt-dbus may die while libvirtd goes on, so
    /// the job itself is asked for as well.
    /// </summary>
    private async Task<bool> RunsAsync(Task call, PlannedMove move, MigrationWatch watch)
    {
        try
        {
            var job = await session.Source.Libvirt.Domains.GetJobAsync(move.Uuid, CancellationToken.None);
            var runs = job is { Kind: DomainJobKind.Bounded or DomainJobKind.Unbounded };
            if (runs)
            {
                watch.Saw(job!);
                session.Observer.OnEvent(Progress(move, job!));
            }

            return runs || !call.IsCompleted;
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            // A libvirt that restarts answers again soon; if it does not, the fence that follows says so.
            session.Notice($"{move.Name}: progress cannot be read: {exception.Message}");
            return !call.IsCompleted;
        }
    }

    private MoveProgress Progress(PlannedMove move, DomainJob job) => new(
        session.Time.GetUtcNow(),
        move.Uuid,
        move.Name,
        job.DataProcessed,
        job.DataTotal,
        job.DataRemaining,
        job.MemoryBytesPerSecond,
        job.DirtyBytesPerSecond,
        job.Iteration,
        job.Elapsed);

    private async Task WaitAsync(Task call, CancellationToken stop)
    {
        using var tick = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(call, Task.Delay(Interval, session.Time, tick.Token));
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
public sealed record MigrationEnd(string? Failure, bool Aborted);

/// <summary>Says when a migration has taken too long or stands still.</summary>
internal sealed class MigrationWatch(MigrationSettings settings, TimeProvider time, long memoryBytes)
{
    private readonly long _began = time.GetTimestamp();
    private long _lastProgress = time.GetTimestamp();
    private long _processed;
    private long _aborted;

    /// <summary>How long this migration may take in all.</summary>
    public TimeSpan Limit { get; } = settings.DeadlineBase + (settings.DeadlinePerGiB * (memoryBytes / (double)(1L << 30)));

    /// <summary>Notes progress. While libvirt still starts the other QEMU, all sizes are 0: that is no standstill.</summary>
    public void Saw(DomainJob job)
    {
        if (job.DataProcessed <= _processed && job.DataTotal > 0)
            return;

        _processed = job.DataProcessed;
        _lastProgress = time.GetTimestamp();
    }

    /// <summary>Why it was first told to abort; null where it was not.</summary>
    public string? Aborted { get; private set; }

    /// <summary>Notes an abort; returns how long ago the first one was.</summary>
    public TimeSpan Abort(string why)
    {
        if (Aborted is null)
        {
            Aborted = why;
            _aborted = time.GetTimestamp();
        }

        return time.GetElapsedTime(_aborted);
    }

    public string? WhyGiveUp(CancellationToken stop)
    {
        if (Aborted is not null)
            return Aborted;
        if (stop.IsCancellationRequested)
            return "the swap was interrupted";
        if (time.GetElapsedTime(_began) > Limit)
            return string.Create(CultureInfo.InvariantCulture, $"it did not finish within {Limit.TotalSeconds:0} s (migration.deadline_base and deadline_per_gib)");
        if (time.GetElapsedTime(_lastProgress) > settings.NoProgressLimit)
            return string.Create(CultureInfo.InvariantCulture, $"nothing was sent for {settings.NoProgressLimit.TotalSeconds:0} s (migration.no_progress_limit)");
        return null;
    }
}
