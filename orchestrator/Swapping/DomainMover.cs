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
    private readonly ArrivalCheck _arrival = new(session);
    private readonly OwnerNotes _owners = new(session);

    /// <summary>
    /// Moves it. Every expected failure is an outcome; only a journal that cannot be written throws. A move that failed
    /// for a reason that may pass is tried again, after a wait that doubles each time.
    /// </summary>
    public async Task<MoveOutcome> MoveAsync(PlannedMove move, Version sourceVersion, CancellationToken stop)
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
        switch (seen.Owner)
        {
            case Owner.Source:
                progress.Begin(MoveMethod.Copy, seen);
                return await CopyAsync(move, progress, seen.Source, sourceVersion, stop);
            case Owner.SourceDefinition or Owner.BothDefinitions:
                progress.Begin(MoveMethod.Define, seen);
                return await DefineAsync(move, progress);
            case Owner.Target or Owner.TargetDefinition:
                progress.Enter(MoveState.Arrived, "it is on the new side already");
                // What shut it off has given its files back as it should.
                await FinishArrivalAsync(move, progress, seen.Owner == Owner.Target ? _owners.Of(move.Uuid) : DiskOwners.None, VmFacts.None, expected: null);
                return false;
            default:
                await EndGoneAsync(move, progress, seen, $"neither side knows it any more ({seen.InWords})");
                return false;
        }
    }

    private async Task<bool> CopyAsync(
        PlannedMove move, MoveProgressState progress, SideView source, Version sourceVersion, CancellationToken stop)
    {
        if (source.Domain is not { } domain)
        {
            progress.Enter(MoveState.Left, $"a QEMU process runs for it that libvirt does not know of ({source.InWords})");
            return false;
        }

        var machine = await InventoryReader.ReadVmAsync(session.Source.Libvirt.Domains, domain, CancellationToken.None);
        if (machine.Definition is not { } definition)
        {
            progress.MayRetry = false;
            progress.Enter(MoveState.Returned, $"its definition cannot be read: {machine.Unreadable}");
            return false;
        }

        var owners = DiskOwners.Note(definition, session.Kernel, session.Source.InitPid, _owners.Of(move.Uuid));
        await using var facts = await _arrival.NoteAsync(domain, definition);
        foreign.IsBeingMoved(move.Uuid);
        progress.Enter(MoveState.Moving, "live migration");

        MigrationEnd end = new(Failure: null, Aborted: false);
        Ownership after = new(source, source);
        await session.Log.DoAsync(
            OwnerNotes.Step,
            move.Uuid.ToString(),
            async () =>
            {
                end = await _migration.RunAsync(move, domain, sourceVersion, stop);
                progress.Climbed(end.Rung);
                after = await _fence.SettleAsync(move.Uuid, move.Name);
                return end.Failure is null ? after.InWords : $"{end.Failure}; {after.InWords}";
            },
            owners.ToJson());
        var failure = end.Failure;
        progress.MayRetry = !end.Aborted;

        switch (after.Owner)
        {
            case Owner.Target:
                progress.Enter(MoveState.Arrived, failure is null ? "one owner, on the new side" : $"one owner, on the new side, though libvirt said: {failure}");
                await FinishArrivalAsync(move, progress, owners, facts, domain);
                return false;
            case Owner.Source:
                progress.Enter(MoveState.Returned, failure ?? "libvirt reported success, but it still runs on the old side");
                return false;
            case Owner.SourceDefinition or Owner.TargetDefinition or Owner.BothDefinitions when after.WasShutOffByWill:
                // The guest shut down while it was being sent: what is left to move is its definition.
                progress.Enter(MoveState.Fenced, $"it was shut off while it was being moved ({after.InWords})");
                return true;
            default:
                await EndGoneAsync(move, progress, after, $"{failure ?? "libvirt reported success"}, and neither side runs it ({after.InWords})");
                return false;
        }
    }

    /// <summary>Gone by somebody's will, or lost: the world looks the same, and only an event tells.</summary>
    private async Task EndGoneAsync(PlannedMove move, MoveProgressState progress, Ownership seen, string lost)
    {
        if (seen.Owner == Owner.Nobody && await foreign.WhyGoneAsync(move.Uuid) is { } why)
            progress.Enter(MoveState.Removed, why);
        else
            progress.Enter(MoveState.Lost, lost);
    }

    private async Task<bool> DefineAsync(PlannedMove move, MoveProgressState progress)
    {
        foreign.IsBeingMoved(move.Uuid);
        progress.Enter(MoveState.Moving, "its definition is carried over");
        if (!await _definitions.RunAsync(move))
        {
            progress.Enter(MoveState.Fenced, "it was started while its definition was being carried over");
            return true;
        }

        progress.Enter(MoveState.Arrived, "defined on the new side alone");
        await FinishArrivalAsync(move, progress, DiskOwners.None, VmFacts.None, expected: null);
        return false;
    }

    private async Task FinishArrivalAsync(
        PlannedMove move, MoveProgressState progress, DiskOwners owners, VmFacts facts, DomainRecord? expected)
    {
        var problems = await _arrival.RunAsync(move, owners, facts, expected);
        await progress.ReadStatisticsAsync();
        if (problems.Count == 0)
            progress.Enter(MoveState.Verified, "state, persistence and disks as before");
        else
            progress.Enter(MoveState.Left, $"it runs on the new side, but {string.Join("; ", problems)}");
    }
}
