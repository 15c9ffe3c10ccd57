using System.Globalization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Verifying;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Moves one VM, as a journalled state machine: <c>Pending → Fenced → Moving → Arrived → Verified</c>, or
/// <c>Returned</c>, <c>Lost</c> or <c>Left</c> with the reason. How it is moved follows from what is seen of it, not
/// from what was planned, since a guest may shut down, or be started, at any time.
/// </summary>
public sealed class DomainMover(SwapSession session, ForeignChanges foreign)
{
    private const int MaximumAttempts = 3;

    private readonly Fence _fence = new(session);
    private readonly LiveMigration _migration = new(session);
    private readonly DefinitionMove _definitions = new(session);
    private readonly StateMove _state = new(session);
    private readonly VmLogs _logs = new(session);
    private readonly RestartMove _restart = new(session, new DefinitionMove(session with { Source = session.Target, Target = session.Source }));
    private readonly DetachedDevices _devices = new(session.Journal, session.Log, session.Time, session.Notice);
    private readonly ArrivalCheck _arrival = new(session);
    private readonly MoveNotes _notes = new(session);
    private readonly KeptMetadata _metadata = new(session.Settings.Paths, session.Engine, session.Log);

    /// <summary>
    /// Moves it. Every expected failure is an outcome; only a journal that cannot be written throws. A move that failed
    /// for a reason that may pass is tried again, after a wait that doubles each time.
    /// </summary>
    public async Task<MoveOutcome> MoveAsync(PlannedMove move, Version sourceVersion, CancellationToken stop)
    {
        var outcome = await TryAsync(move, sourceVersion, stop);
        if (outcome.State is MoveState.Returned or MoveState.Left && await _restart.StartWhereItIsAsync(move) is { } off)
            session.Notice($"{move.Name}: {off}");
        if (outcome.State is MoveState.Returned or MoveState.Left && await WhyWithoutDeviceAsync(move) is { } without)
            session.Notice($"{move.Name}: {without}");
        if (outcome.State == MoveState.Returned && await WhyIncompleteAsync(session.Source, move) is { } problem)
            session.Notice($"{move.Name}: {problem}");
        return outcome;
    }

    private async Task<MoveOutcome> TryAsync(PlannedMove move, Version sourceVersion, CancellationToken stop)
    {
        var progress = new MoveProgressState(session, move);
        var outcome = await MoveOnceAsync(move, progress, sourceVersion, stop);
        for (var retry = 1; outcome.State == MoveState.Returned && progress.MayRetry && retry <= session.Settings.Migration.Retries; retry++)
        {
            if (!session.Target.IsAlive(session.Kernel) || !await WaitAsync(session.Settings.Migration.RetryDelay * (1 << (retry - 1)), stop))
                return outcome;
            progress.Enter(MoveState.Fenced, string.Create(
                CultureInfo.InvariantCulture, $"retry {retry} of {session.Settings.Migration.Retries} after: {outcome.Reason}"));
            outcome = await MoveOnceAsync(move, progress, sourceVersion, stop);
        }

        return outcome;
    }

    /// <summary>False where the operation was interrupted meanwhile.</summary>
    private async Task<bool> WaitAsync(TimeSpan delay, CancellationToken stop)
    {
        await Task.Delay(delay, session.Time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !stop.IsCancellationRequested;
    }

    private async Task<MoveOutcome> MoveOnceAsync(PlannedMove move, MoveProgressState progress, Version sourceVersion, CancellationToken stop)
    {
        try
        {
            for (var attempt = 1; attempt <= MaximumAttempts; attempt++)
            {
                var again = await AttemptAsync(move, progress, sourceVersion, stop);
                if (!again)
                    return progress.Outcome;
            }

            return progress.Enter(MoveState.Left, "it was started and shut off again and again while it was to be moved");
        }
        catch (OwnershipException exception)
        {
            return progress.Enter(MoveState.Left, exception.Message);
        }
        catch (HostSwapException exception) when (exception is not Journal.JournalException)
        {
            return await EndAfterErrorAsync(move, progress, exception);
        }
    }

    /// <summary>After an error it is looked at where the VM is: only what cannot be told is left for a person.</summary>
    private async Task<MoveOutcome> EndAfterErrorAsync(PlannedMove move, MoveProgressState progress, HostSwapException error)
    {
        try
        {
            var seen = await _fence.SettleAsync(move.Uuid, move.Name);
            return seen.Owner is Owner.Source or Owner.SourceDefinition && progress.Outcome.State != MoveState.Arrived
                ? progress.Enter(MoveState.Returned, error.Message)
                : progress.Enter(MoveState.Left, $"{error.Message}; {seen.InWords}");
        }
        catch (HostSwapException exception) when (exception is not Journal.JournalException)
        {
            return progress.Enter(MoveState.Left, $"{error.Message}; {exception.Message}");
        }
    }

    /// <summary>One try by one method; true where the VM changed in between and must be looked at anew.</summary>
    private async Task<bool> AttemptAsync(PlannedMove move, MoveProgressState progress, Version sourceVersion, CancellationToken stop)
    {
        var seen = await _fence.SettleAsync(move.Uuid, move.Name);
        await _state.SettleAsync(move.Uuid, move.Name);
        switch (seen.Owner)
        {
            case Owner.Source when move.Method is MoveMethod.Restart or MoveMethod.SaveRestore && seen.Source.Domain is not null:
                return await StopAsync(move, progress, seen, stop);
            case Owner.Source:
                return await MigrateAsync(move, progress, seen, sourceVersion, stop);
            case Owner.SourceDefinition or Owner.BothDefinitions:
                return await DefineAsync(move, progress, seen, restarts: _restart.Waits(move.Uuid), stop);
            case Owner.Target or Owner.TargetDefinition:
                progress.Enter(MoveState.Arrived, "it is on the new side already");
                // What shut it off has given its files back as it should.
                var owners = seen.Owner == Owner.Target ? _notes.OwnersOf(move.Uuid) : DiskOwners.None;
                await FinishArrivalAsync(move, progress, owners, VmFacts.None, expected: null, await _restart.StartWhereItIsAsync(move));
                return false;
            default:
                await EndGoneAsync(move, progress, seen, $"neither side knows it any more ({seen.InWords})");
                return false;
        }
    }

    private async Task<bool> MigrateAsync(
        PlannedMove move, MoveProgressState progress, Ownership seen, Version sourceVersion, CancellationToken stop)
    {
        var source = seen.Source;
        if (source.Domain is not { } domain)
        {
            progress.Begin(MoveMethod.Copy, seen);
            progress.Enter(MoveState.Left, $"a QEMU process runs for it that libvirt does not know of ({source.InWords})");
            return false;
        }

        if (move.Detaches && await _devices.DetachAsync(session.Source.Libvirt.Domains, move.Uuid, move.Policy.ShutdownDeadline) is { } keeps)
        {
            progress.Begin(MoveMethod.Copy, seen);
            progress.MayRetry = false;
            progress.Enter(MoveState.Returned, keeps);
            return false;
        }

        var machine = await InventoryReader.ReadVmAsync(session.Source.Libvirt.Domains, domain, CancellationToken.None);
        if (machine.Definition is not { } definition)
        {
            progress.Begin(MoveMethod.Copy, seen);
            progress.MayRetry = false;
            progress.Enter(MoveState.Returned, $"its definition cannot be read: {machine.Unreadable}");
            return false;
        }

        await using var handover = await TryHandoverAsync(move, progress, definition);
        progress.Begin(handover is null ? MoveMethod.Copy : MoveMethod.Handover, seen);
        if (handover is null && progress.WhyCopied is { } why && !HasRoomForCopy(move))
        {
            progress.Enter(MoveState.Returned, $"its RAM cannot be handed over, and there is no room for a copy: {why}");
            return false;
        }

        await _metadata.TakeAsync(session.Source.Generation, session.Source.Libvirt.Domains, move.Uuid);
        await _state.SetAsideAsync(session.Target, move.Uuid, move.Name);
        await _logs.CarryAsync(move.Uuid, move.Name);
        var owners = DiskOwners.Note(definition, session.Kernel, session.Source.InitPid, _notes.OwnersOf(move.Uuid));
        await using var facts = await _arrival.NoteAsync(domain, definition);
        foreign.IsBeingMoved(move.Uuid);
        progress.Enter(MoveState.Moving, handover?.InWords ?? "live migration");

        MigrationEnd end = new(Failure: null, Aborted: false);
        Ownership after = new(source, source);
        string? leftover = null;
        await session.Log.DoAsync(
            MoveNotes.Step,
            move.Uuid.ToString(),
            async () =>
            {
                try
                {
                    end = await RunAsync(move, domain, handover, sourceVersion, stop);
                    progress.Climbed(end.Rung);
                    after = await new LeftoverQemu(session, handover).SettleAsync(move.Uuid, move.Name);
                    if (handover is not null)
                        await handover.FinishAsync(after);
                }
                finally
                {
                    // Also where nobody can tell who owns it: whichever QEMU lives on may be saved.
                    leftover = handover is null ? null : await handover.CleanUpAsync();
                }

                // A failure in the journal: by it a resumption knows that it is not to stay paused.
                if (handover?.StaysPaused is { } paused && after.Owner == Owner.Target)
                    throw new AdapterException($"libvirt {session.Target.Generation.Name}", "resume", paused);
                return string.Join("; ", new[] { end.Failure, after.InWords, leftover }.OfType<string>());
            },
            new MoveNote(owners, ArrivesPaused: handover?.WaitsOnArrival(domain) ?? false, Ran: domain.State != DomainState.Paused).ToJson());
        progress.MayRetry = !end.Aborted;
        if (handover?.WhyLost is { } lost)
        {
            progress.Enter(MoveState.Lost, lost);
            return false;
        }

        switch (after.Owner)
        {
            case Owner.Target:
                progress.Enter(MoveState.Arrived, end.Failure is null ? "one owner, on the new side" : $"one owner, on the new side, though libvirt said: {end.Failure}");
                await FinishArrivalAsync(move, progress, owners, facts, domain, leftover);
                return false;
            case Owner.Source when handover is not null && !end.Aborted && leftover is null && HasRoomForCopy(move):
                progress.WhyCopied = handover.Refusal ?? end.Failure ?? "libvirt reported success, but it still ran on the old side";
                progress.Enter(MoveState.Fenced, $"its RAM could not be handed over, so it is copied: {progress.WhyCopied}");
                return true;
            case Owner.Source:
                progress.Enter(MoveState.Returned, string.Join("; ", new[] { end.Failure ?? "libvirt reported success, but it still runs on the old side", leftover }.OfType<string>()));
                return false;
            case Owner.SourceDefinition or Owner.TargetDefinition or Owner.BothDefinitions when after.WasShutOffByWill:
                // The guest shut down while it was being sent: what is left to move is its definition.
                progress.Enter(MoveState.Fenced, $"it was shut off while it was being moved ({after.InWords})");
                return true;
            default:
                await EndGoneAsync(move, progress, after, $"{end.Failure ?? "libvirt reported success"}, and neither side runs it ({after.InWords})");
                return false;
        }
    }

    private async Task<MigrationEnd> RunAsync(
        PlannedMove move, DomainRecord domain, HandoverMove? handover, Version sourceVersion, CancellationToken stop)
    {
        return handover is null ? await MigrateAsync(MigrationArrival.Copied) : await handover.RunAsync(MigrateAsync, domain);

        Task<MigrationEnd> MigrateAsync(MigrationArrival arrival) => _migration.RunAsync(move, domain, sourceVersion, arrival, stop);
    }

    /// <summary>A handover where it is planned and still possible; what stands in the way is told, and RAM is copied.</summary>
    private async Task<HandoverMove?> TryHandoverAsync(PlannedMove move, MoveProgressState progress, VmDefinition definition)
    {
        if (move.Method != MoveMethod.Handover || progress.WhyCopied is not null)
            return null;

        var (handover, reason) = await HandoverMove.OpenAsync(session, move, definition);
        if (handover is not null)
            return handover;
        progress.WhyCopied = reason;
        session.Notice($"{move.Name}: its RAM cannot be handed over, so it is copied: {reason}");
        return null;
    }

    /// <summary>A handover was admitted without room for a second copy of its RAM.</summary>
    private bool HasRoomForCopy(PlannedMove move) =>
        session.Kernel.AvailableMemoryBytes() - (session.Settings.Migration.MemoryReserveMiB << 20) >= move.MemoryBytes;

    /// <summary>Gone by somebody's will, or lost: the world looks the same, and only an event tells.</summary>
    private async Task EndGoneAsync(PlannedMove move, MoveProgressState progress, Ownership seen, string lost)
    {
        if (seen.Owner == Owner.Nobody && await foreign.WhyGoneAsync(move.Uuid) is { } why)
            progress.Enter(MoveState.Removed, why);
        else
            progress.Enter(MoveState.Lost, lost);
    }

    /// <summary>
    /// What is left to move once it is off is its definition, with what was saved; one that does not shut down in time, or cannot
    /// be saved, stays.
    /// </summary>
    private async Task<bool> StopAsync(PlannedMove move, MoveProgressState progress, Ownership seen, CancellationToken stop)
    {
        var saves = move.Method == MoveMethod.SaveRestore;
        progress.Begin(move.Method, seen);
        progress.Enter(MoveState.Moving, saves ? "it is saved" : "its guest is asked to shut down");
        if (saves)
            progress.Stops();
        if (await _restart.StopAsync(move, stop) is { } why)
        {
            progress.MayRetry = false;
            progress.Enter(MoveState.Returned, why);
            return false;
        }

        progress.Stops();
        progress.Enter(MoveState.Fenced, saves ? "it is saved" : "it has shut down");
        return true;
    }

    private async Task<bool> DefineAsync(PlannedMove move, MoveProgressState progress, Ownership seen, bool restarts, CancellationToken stop)
    {
        // One that was stopped under an earlier hostctl may be planned as one that is shut off by now.
        progress.Begin((restarts, move.Method) switch
        {
            (false, _) => MoveMethod.Define,
            (true, MoveMethod.SaveRestore) => MoveMethod.SaveRestore,
            _ => MoveMethod.Restart,
        }, seen);
        foreign.IsBeingMoved(move.Uuid);
        progress.Enter(MoveState.Moving, "its definition is carried over");
        await _metadata.TakeAsync(session.Source.Generation, session.Source.Libvirt.Domains, move.Uuid);
        await _logs.CarryAsync(move.Uuid, move.Name);
        if (!await _definitions.RunAsync(move, stop))
        {
            progress.Enter(MoveState.Fenced, "it was started, or saved anew, while its definition was being carried over");
            return true;
        }

        var (runs, whyBack) = restarts ? await _restart.StartAsync(move) : (false, null);
        if (whyBack is not null)
        {
            progress.MayRetry = false; // Each further try would keep it off for longer.
            progress.Enter(MoveState.Returned, whyBack);
            return false;
        }

        if (runs)
            progress.GoesOn();
        progress.Enter(MoveState.Arrived, runs ? "started again on the new side alone" : "defined on the new side alone");
        await FinishArrivalAsync(move, progress, DiskOwners.None, VmFacts.None, expected: null);
        return false;
    }

    private async Task FinishArrivalAsync(
        PlannedMove move, MoveProgressState progress, DiskOwners owners, VmFacts facts, DomainRecord? expected, string? leftover = null)
    {
        // Before a definition that is left here is removed, which libvirt would not do.
        await _state.SetAsideAsync(session.Source, move.Uuid, move.Name);
        var without = await _devices.AttachAsync(session.Target.Generation, session.Target.Libvirt.Domains, move.Uuid);
        var checks = await _arrival.RunAsync(move, owners, facts, expected);
        IReadOnlyList<string> problems = [.. checks, .. new[] { leftover, without, await WhyIncompleteAsync(session.Target, move) }.OfType<string>()];
        await progress.ReadStatisticsAsync();
        if (problems.Count == 0)
            progress.Enter(MoveState.Verified, progress.InWords);
        else
            progress.Enter(MoveState.Left, $"it runs on the new side, but {string.Join("; ", problems)}");
    }

    /// <summary>Gives a VM that did not move what was taken from it for that, wherever it runs; says what it lacks.</summary>
    private async Task<string?> WhyWithoutDeviceAsync(PlannedMove move)
    {
        if (!_devices.Any)
            return null;
        try
        {
            return (await _fence.LookAsync(move.Uuid, CancellationToken.None)).Owner switch
            {
                Owner.Source => await _devices.AttachAsync(session.Source.Generation, session.Source.Libvirt.Domains, move.Uuid),
                Owner.Target => await _devices.AttachAsync(session.Target.Generation, session.Target.Libvirt.Domains, move.Uuid),
                _ => null,
            };
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            return $"whether it has the devices again that were detached for its move is not known: {exception.Message}";
        }
    }

    /// <summary>Gives a VM its snapshots and checkpoints back; says why not, in which case they stay written down.</summary>
    private async Task<string?> WhyIncompleteAsync(SwapSide side, PlannedMove move)
    {
        try
        {
            await _metadata.RestoreAsync(side.Generation, side.Libvirt.Domains, move.Uuid);
            return null;
        }
        catch (HostSwapException exception) when (exception is not Journal.JournalException)
        {
            return $"what libvirt knew of its snapshots and checkpoints could not be given back: {exception.Message}";
        }
    }
}
