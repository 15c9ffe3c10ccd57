using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// The arrival of a VM whose RAM both QEMUs have: its old one must never execute again once the new one has. Where the
/// kernel refuses the old one the lock on an image, the new one goes on by itself; since its lock ends with it, hostctl
/// holds the image as well from the moment that the guest executes there. Elsewhere the VM arrives paused, and goes on once
/// its old QEMU has ended.
/// </summary>
internal sealed class FencedArrival(SwapSession session, PlannedMove move, SourceRam facts, HandoverTicket ticket, SwitchoverTurn turn) : IDisposable
{
    /// <summary>How long the old QEMU may take to end after libvirt has reported success.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long the news that the new QEMU executes, or has ended, may take to be read after libvirt's call.</summary>
    private static readonly TimeSpan NewsLimit = TimeSpan.FromSeconds(1);

    /// <summary>How long the new side's libvirt, which may be starting again, may take to have the VM go on.</summary>
    private static readonly TimeSpan ResumeLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly List<IDisposable> _held = [];
    private bool _executed;
    private bool _waits;
    private bool _resumed;

    /// <summary>Why it has arrived and does not go on, though it should; null where it does.</summary>
    public string? StaysPaused { get; private set; }

    /// <summary>Why neither of its QEMUs could be left alive; null where one could.</summary>
    public string? WhyLost { get; private set; }

    /// <summary>Whether it arrives paused and is then resumed; one that is paused now stays so.</summary>
    public bool Waits(DomainRecord domain) => facts.Fence == HandoverFence.SourceEnded && domain.State != DomainState.Paused;

    /// <summary>Migrates, with whatever the fence needs beside it.</summary>
    public async Task<MigrationEnd> RunAsync(Func<MigrationArrival, Task<MigrationEnd>> migrate, DomainRecord domain)
    {
        _waits = Waits(domain);
        using var stay = new CancellationTokenSource();
        var fenced = _waits ? ResumeOnceSourceEndedAsync(stay.Token) : HoldOnceItExecutesAsync(domain, stay.Token);
        var patience = NewsLimit;
        try
        {
            var end = await migrate(_waits ? MigrationArrival.HandedOverPaused : MigrationArrival.HandedOver);
            if (_waits)
                patience = end.Failure is null ? EndLimit : TimeSpan.Zero;
            return end;
        }
        finally
        {
            stay.CancelAfter(patience);
            StaysPaused = await fenced;
            turn.End();
        }
    }

    /// <summary>
    /// Once it is clear which QEMU is left: where that is a new one that waits, since a reply was lost, it goes on; where it is
    /// an old one whose guest has executed in the new one, it must not, whatever libvirt thinks, and is ended.
    /// </summary>
    /// <param name="seen">Who owns it.</param>
    public async Task FinishAsync(Ownership seen)
    {
        if (seen.Owner == Owner.Target)
        {
            await ResumeArrivedAsync(seen);
        }
        else if (_executed && seen.Owner == Owner.Source)
        {
            WhyLost = $"its new QEMU ended after its guest had begun to execute there; the old one, with RAM that has moved on, {await EndStaleAsync()}";
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var held in _held) held.Dispose();
    }

    /// <summary>
    /// The strict fence. The kernel tells when the old QEMU has ended; that the new one has all of the guest is asked of it,
    /// since a QEMU that crashed in mid-transfer ends as well. libvirt's own call returns later than that.
    /// </summary>
    /// <param name="stay">Ends the wait for the old QEMU's end, and nothing after that: then the VM is nowhere else.</param>
    /// <returns>Why it stays paused; null where it goes on, or never came.</returns>
    private async Task<string?> ResumeOnceSourceEndedAsync(CancellationToken stay)
    {
        try
        {
            if (!await session.Kernel.WaitForEndAsync(facts.Pid, TimeSpan.MaxValue, stay))
                return "its old QEMU still lives";
            return await ResumeCompleteAsync();
        }
        catch (OperationCanceledException) when (stay.IsCancellationRequested)
        {
            return null; // It stayed on the old side, or did not end in time, which the look that follows tells.
        }
        catch (HostSwapException exception)
        {
            return $"its new QEMU cannot be asked whether it has all of it: {exception.Message}";
        }
    }

    /// <summary>
    /// The fast fence. QEMU says that the guest is about to execute before it does, so that what is held since then lets no old
    /// QEMU go on, even where the new one, and its lock with it, is gone again a moment later.
    /// </summary>
    /// <returns>Nothing that keeps it paused.</returns>
    private async Task<string?> HoldOnceItExecutesAsync(DomainRecord domain, CancellationToken stay)
    {
        if (domain.State == DomainState.Paused)
            return null;
        try
        {
            await (await ticket.Ready.WaitAsync(stay)).WaitForExecutionAsync(stay);
            _executed = true;
            turn.End();
            foreach (var image in facts.GuardedImages)
            {
                if (session.Kernel.HoldImage(session.Target.InitPid, image) is { } held)
                    _held.Add(held);
            }
        }
        catch (OperationCanceledException) when (stay.IsCancellationRequested)
        {
            // It never came so far.
        }
        catch (AdapterException)
        {
            // It ended before its guest executed there: the old one may go on.
        }
        catch (IOException exception)
        {
            session.Notice($"{move.Name}: its image cannot be held, and its new QEMU's lock is the only fence: {exception.Message}");
        }

        return null;
    }

    /// <summary>By now its old QEMU is seen to be gone.</summary>
    private async Task ResumeArrivedAsync(Ownership seen)
    {
        if (!_waits || _resumed || StaysPaused is not null || seen.Target.Domain?.State != DomainState.Paused)
            return;
        try
        {
            StaysPaused = await ResumeCompleteAsync();
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            StaysPaused = $"its new QEMU cannot be asked whether it has all of it: {exception.Message}";
        }
    }

    private async Task<string> EndStaleAsync()
    {
        try
        {
            await session.Source.Libvirt.Domains.DestroyAsync(move.Uuid, CancellationToken.None);
            return "was ended as well: start it anew";
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            return $"must not go on and could not be ended ({exception.Message}): destroy it before you start it anew";
        }
    }

    private async Task<string?> ResumeCompleteAsync() =>
        ticket.Target is { } target && await target.GetMigrationStatusAsync(CancellationToken.None) is "completed"
            ? await ResumeAsync(target)
            : "its new QEMU does not have all of it";

    /// <summary>A libvirt that does not answer just now may be starting again; meanwhile the guest stands still.</summary>
    private async Task<string?> ResumeAsync(IQmpMonitor target)
    {
        var began = session.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await session.Target.Libvirt.Domains.ResumeAsync(move.Uuid, CancellationToken.None);
                _resumed = true; // Whoever pauses it from now on wants it paused.
                turn.End();
                return null;
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                turn.End();
                if (await target.GetRunStateAsync(CancellationToken.None) is "running")
                    return null; // The answer alone was lost.
                if (session.Time.GetElapsedTime(began) > ResumeLimit)
                    return $"it has arrived and could not be resumed: {exception.Message}";
            }

            await Task.Delay(Interval, session.Time);
        }
    }
}
