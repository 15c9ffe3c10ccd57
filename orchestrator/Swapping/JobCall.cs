using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// A call of libvirt's that goes on as a job of the VM, and can be told to abort: its migration, or its save. The call can end
/// before the job, as libvirt-dbus may die while libvirtd goes on, so that the job itself is asked for as well.
/// </summary>
/// <param name="session">Both sides.</param>
/// <param name="move">The VM.</param>
/// <param name="words">What it is, as in <c>migration</c>.</param>
/// <param name="call">The call.</param>
internal sealed class JobCall(SwapSession session, PlannedMove move, string words, Task call)
{
    /// <summary>How often progress is read: libvirt sends no event for transferred bytes.</summary>
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>How long libvirt may take to end a job that it was told to abort.</summary>
    private static readonly TimeSpan AbortLimit = TimeSpan.FromSeconds(60);

    private ILibvirtDomains Domains => session.Source.Libvirt.Domains;

    /// <summary>Its progress, and why it was told to abort.</summary>
    public MigrationWatch Watch { get; } = new(session.Settings.Migration, session.Time);

    /// <summary>Whether libvirt has answered.</summary>
    public bool IsCompleted => call.IsCompleted;

    /// <summary>Whether it still runs; tells of its progress.</summary>
    /// <param name="goesOn">What else is to be made of its statistics; false where it has ended all the same.</param>
    public async Task<bool> RunsAsync(Func<DomainJob, Task<bool>> goesOn)
    {
        try
        {
            if (await Domains.GetJobAsync(move.Uuid, CancellationToken.None) is not { Runs: true } job)
                return !call.IsCompleted;

            Watch.Saw(job);
            session.Observer.OnEvent(MoveProgress.Of(session.Time.GetUtcNow(), move, job));
            return await goesOn(job);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            // A libvirt that restarts answers again soon; if it does not, the fence that follows says so.
            session.Notice($"{move.Name}: progress cannot be read: {exception.Message}");
            return !call.IsCompleted;
        }
    }

    /// <summary>Tells libvirt to abort, again and again: an abort that comes before QEMU has begun is lost.</summary>
    /// <exception cref="DeadlineException">It goes on all the same.</exception>
    public async Task AbortAsync(string why)
    {
        if (Watch.Abort(why) > AbortLimit)
            throw new DeadlineException($"libvirt to end the {words} of {move.Name}", AbortLimit, $"it was told to because {Watch.Aborted}");

        try
        {
            await Domains.AbortJobAsync(move.Uuid, CancellationToken.None);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{move.Name}: the {words} could not be aborted yet: {exception.Message}");
        }
    }

    /// <summary>Waits until it is time to look again, or the call ends, or it is to be interrupted.</summary>
    public async Task WaitAsync(CancellationToken stop)
    {
        using var tick = CancellationTokenSource.CreateLinkedTokenSource(stop);
        // The call may have ended before its job, and then says nothing of when that ends.
        var delay = Task.Delay(Interval, session.Time, tick.Token);
        await (call.IsCompleted ? Task.WhenAny(delay) : Task.WhenAny(call, delay));
        await tick.CancelAsync();
    }

    /// <summary>What libvirt has said in the end.</summary>
    public async Task<MigrationEnd> OutcomeAsync()
    {
        try
        {
            await call;
            return new MigrationEnd(Failure: null, Aborted: false); // It finished first, whatever was asked of it meanwhile.
        }
        catch (HostSwapException exception)
        {
            return new MigrationEnd(Watch.Aborted is { } why ? $"{why} ({exception.Message})" : exception.Message, Aborted: Watch.Aborted is not null);
        }
    }
}
