using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Migrates one VM without copying its RAM. It is libvirt's ordinary migration, with a ticket for the hook on the new side
/// and, where no image lock is the fence, an arrival in pause that ends once the old QEMU has. QEMU's capability, which
/// would cost a later saved image its RAM, is gone from both sides afterwards, whatever happened.
/// </summary>
internal sealed class HandoverMove : IAsyncDisposable
{
    /// <summary>How long the old QEMU may take to end after libvirt has reported success.</summary>
    private static readonly TimeSpan EndLimit = TimeSpan.FromSeconds(30);

    /// <summary>How long the new side's libvirt, which may be starting again, may take to have the VM go on.</summary>
    private static readonly TimeSpan ResumeLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly SwapSession _session;
    private readonly PlannedMove _move;
    private readonly SourceRam _facts;
    private readonly IQmpMonitor _source;
    private readonly HandoverTicket _ticket;

    private HandoverMove(SwapSession session, PlannedMove move, SourceRam facts, IQmpMonitor source)
    {
        (_session, _move, _facts, _source) = (session, move, facts, source);
        _ticket = new HandoverTicket(
            move.Uuid, facts, source, (session.Target.Generation, session.Target.PidNamespace), session.Settings.Paths, session.Kernel, session.Qmp);
    }

    /// <summary>How it is done, in words.</summary>
    public string InWords => _facts.Fence == HandoverFence.ImageLock ? "handover; the image lock is the fence" : "handover; the end of its old QEMU is the fence";

    /// <summary>Why the RAM was not handed over; null where it was, or nobody refused.</summary>
    public string? Refusal => _ticket.Refusal ?? (_ticket.WasAsked
        ? null
        : $"the libvirt of {_session.Target.Generation.Name} has not asked for it: its hook is absent, or does not work");

    /// <summary>Why it has arrived and does not go on, though it should; null where it does.</summary>
    public string? StaysPaused { get; private set; }

    /// <summary>Whether it arrives paused and is then resumed; one that is paused now stays so.</summary>
    public bool WaitsOnArrival(DomainRecord domain) => _facts.Fence == HandoverFence.SourceEnded && domain.State != DomainState.Paused;

    /// <summary>Makes ready to move a VM so.</summary>
    /// <returns>The move; null with the reason where it cannot be moved so now.</returns>
    public static async Task<(HandoverMove? Move, string Reason)> OpenAsync(SwapSession session, PlannedMove move, VmDefinition definition)
    {
        var (facts, reason) = SourceRam.Look(
            session.Kernel, (session.Source.Generation, session.Source.InitPid, session.Source.PidNamespace), move.Uuid, definition);
        if (facts is null)
            return (null, reason);
        try
        {
            var monitor = await session.Qmp.ConnectAsync(
                session.Source.Generation.Paths.QmpSocket(move.Uuid), $"qemu {move.Name} in {session.Source.Generation.Name}", CancellationToken.None);
            return (new HandoverMove(session, move, facts, monitor), "");
        }
        catch (HostSwapException exception)
        {
            return (null, exception.Message);
        }
    }

    /// <summary>Migrates, and waits until nothing of it runs any more.</summary>
    /// <param name="migrate">libvirt's migration.</param>
    /// <param name="domain">The VM as it is now.</param>
    public async Task<MigrationEnd> RunAsync(Func<MigrationArrival, Task<MigrationEnd>> migrate, DomainRecord domain)
    {
        if (await WhyNotToldAsync() is { } refusal)
            return new MigrationEnd(refusal, Aborted: false);

        var waits = WaitsOnArrival(domain);
        _session.Hooks.Expect(_ticket);
        using var stay = new CancellationTokenSource();
        var resumed = waits ? ResumeOnceSourceEndedAsync(stay.Token) : Task.FromResult<string?>(null);
        var patience = TimeSpan.Zero;
        try
        {
            var end = await migrate(waits ? MigrationArrival.HandedOverPaused : MigrationArrival.HandedOver);
            patience = end.Failure is null ? EndLimit : TimeSpan.Zero;
            return end;
        }
        finally
        {
            stay.CancelAfter(patience);
            StaysPaused = await resumed;
            _session.Hooks.Forget(_move.Uuid);
        }
    }

    /// <summary>Sees to it that no QEMU leaves RAM out of its streams any more, and that no second name of a RAM file is left.</summary>
    /// <returns>What could not be put right, which is told as well; null where all is.</returns>
    public async Task<string?> CleanUpAsync()
    {
        List<string> problems = [];
        foreach (var (side, monitor) in new[] { (_session.Source, _source), (_session.Target, _ticket.Target) })
        {
            if (monitor is not null && await _session.RamOf(side).WhyNotClearedAsync(_move.Uuid, monitor) is { } problem)
                problems.Add(problem);
        }

        foreach (var problem in problems)
            _session.Notice($"{_move.Name}: {problem}");

        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _ticket.DisposeAsync();

    /// <summary>
    /// The old QEMU is told before anything begins: a new one that nobody has told the same refuses its stream, and the guest
    /// runs on. Otherwise RAM would be copied where no hook asks, and there may be no room for that.
    /// </summary>
    private async Task<string?> WhyNotToldAsync()
    {
        try
        {
            await _source.IgnoreSharedRamAsync(ignore: true, CancellationToken.None);
            return null;
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            return exception.Message;
        }
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
            if (!await _session.Kernel.WaitForEndAsync(_facts.Pid, TimeSpan.MaxValue, stay))
                return "its old QEMU still lives";
            if (_ticket.Target is not { } target || await target.GetMigrationStatusAsync(CancellationToken.None) is not "completed")
                return "its new QEMU does not have all of it";
            return await ResumeAsync(target);
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

    /// <summary>A libvirt that does not answer just now may be starting again; meanwhile the guest stands still.</summary>
    private async Task<string?> ResumeAsync(IQmpMonitor target)
    {
        var began = _session.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await _session.Target.Libvirt.Domains.ResumeAsync(_move.Uuid, CancellationToken.None);
                return null;
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                if (await target.GetRunStateAsync(CancellationToken.None) is "running")
                    return null; // The answer alone was lost.
                if (_session.Time.GetElapsedTime(began) > ResumeLimit)
                    return $"it has arrived and could not be resumed: {exception.Message}";
            }

            await Task.Delay(Interval, _session.Time);
        }
    }
}
