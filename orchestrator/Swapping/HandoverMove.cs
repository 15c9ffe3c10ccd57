using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Migrates one VM without copying its RAM. It is libvirt's ordinary migration, with a ticket for the hook on the new side
/// and an arrival that is fenced. QEMU's capability, which would cost a later saved image its RAM, is gone from both sides
/// afterwards, whatever happened.
/// </summary>
internal sealed class HandoverMove : IAsyncDisposable
{
    private readonly SwapSession _session;
    private readonly PlannedMove _move;
    private readonly SourceRam _facts;
    private readonly IQmpMonitor _source;
    private readonly HandoverTicket _ticket;
    private readonly FencedArrival _arrival;

    private HandoverMove(SwapSession session, PlannedMove move, SourceRam facts, IQmpMonitor source)
    {
        (_session, _move, _facts, _source) = (session, move, facts, source);
        var turn = session.Switchovers.Turn();
        _ticket = new HandoverTicket(
            move.Uuid, facts, source, (session.Target.Generation, session.Target.PidNamespace), session.Settings.Paths, session.Kernel, session.Qmp, turn);
        _arrival = new FencedArrival(session, move, facts, _ticket, turn);
    }

    /// <summary>How it is done, in words.</summary>
    public string InWords => _facts.Fence == HandoverFence.ImageLock ? "handover; the image lock is the fence" : "handover; the end of its old QEMU is the fence";

    /// <summary>Why the RAM was not handed over; null where it was, or nobody refused.</summary>
    public string? Refusal => _ticket.Refusal ?? (_ticket.WasAsked
        ? null
        : $"the libvirt of {_session.Target.Generation.Name} has not asked for it: its hook is absent, or does not work");

    /// <summary>The monitor of its QEMU on one side; null where it has none yet.</summary>
    public IQmpMonitor? MonitorOf(SwapSide side) => side == _session.Source ? _source : _ticket.Target;

    /// <summary>Why it has arrived and does not go on, though it should; null where it does.</summary>
    public string? StaysPaused => _arrival.StaysPaused;

    /// <summary>Why neither of its QEMUs could be left alive; null where one could.</summary>
    public string? WhyLost => _arrival.WhyLost;

    /// <summary>Whether it arrives paused and is then resumed; one that is paused now stays so.</summary>
    public bool WaitsOnArrival(DomainRecord domain) => _arrival.Waits(domain);

    /// <summary>Makes ready to move a VM so.</summary>
    /// <returns>The move; null with the reason where it cannot be moved so now.</returns>
    public static async Task<(HandoverMove? Move, string Reason)> OpenAsync(SwapSession session, PlannedMove move, VmDefinition definition)
    {
        var (facts, reason) = SourceRam.Look(
            session.Kernel,
            (session.Source.Generation, session.Source.InitPid, session.Source.PidNamespace),
            session.Target.InitPid,
            move.Uuid,
            definition);
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

        _session.Hooks.Expect(_ticket);
        try
        {
            return await _arrival.RunAsync(migrate, domain);
        }
        finally
        {
            _session.Hooks.Forget(_move.Uuid);
        }
    }

    /// <summary>Once it is clear which QEMU is left: see <see cref="FencedArrival.FinishAsync"/>.</summary>
    public Task FinishAsync(Ownership seen) => _arrival.FinishAsync(seen);

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
    public ValueTask DisposeAsync()
    {
        _arrival.Dispose();
        return _ticket.DisposeAsync();
    }

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
}
