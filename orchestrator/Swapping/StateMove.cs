using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Carries what a VM that is shut off keeps in files of its generation. The copy is made while nothing has changed yet, and waits
/// where no libvirt sees it; it is used once the VM's definition is gone from the side that it leaves. So at no instant could
/// either of two libvirts use the state, and what is between the two is settled by whoever continues.
/// </summary>
internal sealed class StateMove(SwapSession session)
{
    private const string CopyStep = "copy-state";
    private const string AsideStep = "set-aside";

    private readonly StateSettlement _settlement = new(session.Journal, session.Kernel, session.Log, session.Notice);

    private static GenerationPaths PathsOf(SwapSide side) => side.Generation.Paths;

    /// <summary>Puts right what an earlier hostctl has left, on both sides.</summary>
    public async Task SettleAsync(Guid uuid, string name)
    {
        await _settlement.RunAsync(PathsOf(session.Source), uuid, name);
        await _settlement.RunAsync(PathsOf(session.Target), uuid, name);
    }

    /// <summary>
    /// Sets aside what a side has of a VM that runs on the other, or comes from there: it was left by an earlier stay, or by a
    /// libvirt that could not remove it, and nobody may use it any more.
    /// </summary>
    public async Task SetAsideAsync(SwapSide side, Guid uuid, string name)
    {
        foreach (var state in VmState.All(uuid, name).Where(state => IsIn(side, state, name)))
            await SetAsideAsync(side, uuid, name, state);
    }

    /// <summary>Copies what the VM has on the side that it leaves, and proves that the copies are whole.</summary>
    /// <param name="move">The VM.</param>
    /// <param name="isDefinedThere">Whether an earlier try has defined it on the other side already.</param>
    /// <param name="stop">Interrupts in order.</param>
    /// <returns>What was copied, and waits.</returns>
    /// <exception cref="OwnershipException">Both sides have a state of it, and either could be the right one.</exception>
    /// <exception cref="EnvironmentException">It cannot be copied; nothing has changed.</exception>
    public async Task<IReadOnlyList<CopiedState>> CopyAsync(PlannedMove move, bool isDefinedThere, CancellationToken stop)
    {
        var copied = new List<CopiedState>();
        foreach (var state in VmState.All(move.Uuid, move.Name))
        {
            var (here, there) = (IsIn(session.Source, state, move.Name), IsIn(session.Target, state, move.Name));
            if (here && there && isDefinedThere)
            {
                throw new OwnershipException(
                    $"VM {move.Name} ({move.Uuid}) is defined on both sides, and both have a {state.Words} of it",
                    $"A person must decide which is the right one, and move the other away: {state.Directory}/{state.Name} in /var/lib/libvirt of its side.");
            }

            if (there && !isDefinedThere)
                await SetAsideAsync(session.Target, move.Uuid, move.Name, state);
            if (here)
                copied.Add(await CopyAsync(move, state, stop));
        }

        return copied;
    }

    /// <summary>Whether what was copied is not any more what it was: the VM was started, or saved anew.</summary>
    public bool HaveChanged(PlannedMove move, IReadOnlyList<CopiedState> copied) => copied.Any(copy => Attempt(copy.State, move.Name, () =>
    {
        using var live = copy.State.Live(PathsOf(session.Source));
        return live is null || !string.Equals(FileTree.Stamp(live, copy.State.Name), copy.Stamp, StringComparison.Ordinal);
    }));

    /// <summary>Whether libvirt has to be told to remove something with the definition.</summary>
    public static bool LeavesWithDefinition(IReadOnlyList<CopiedState> copied) => copied.Any(static copy => copy.State.LeavesWithDefinition);

    /// <summary>Gives what libvirt is about to remove with the definition another name, as a way back for a person.</summary>
    public void KeepAside(PlannedMove move, IReadOnlyList<CopiedState> copied)
    {
        foreach (var state in copied.Select(static copy => copy.State).Where(static state => state.LeavesWithDefinition))
        {
            Attempt(state, move.Name, () =>
            {
                using var live = state.Live(PathsOf(session.Source)) ?? throw new IOException($"{state.Directory} is gone");
                using var aside = state.Aside(PathsOf(session.Source));
                aside.Remove(state.Name);
                live.LinkTo(state.Name, aside, state.Name);
                aside.Sync();
                return true;
            });
        }
    }

    /// <summary>Has the copies be used, now that the VM is on the new side alone.</summary>
    public async Task PlaceAsync(PlannedMove move, IReadOnlyList<CopiedState> copied)
    {
        foreach (var state in copied.Select(static copy => copy.State))
        {
            try
            {
                await _settlement.PlaceAsync(PathsOf(session.Target), move.Uuid, state);
            }
            catch (IOException exception)
            {
                throw StateSettlement.Unusable(state, move.Name, exception);
            }
        }
    }

    /// <summary>Removes the copies: the VM stays where it is.</summary>
    public void Drop(PlannedMove move, IReadOnlyList<CopiedState> copied)
    {
        foreach (var state in copied.Select(static copy => copy.State))
            Attempt(state, move.Name, () => Remove(state));
    }

    private async Task<CopiedState> CopyAsync(PlannedMove move, VmState state, CancellationToken stop)
    {
        string? stamp = null;
        await session.Log.DoAsync(CopyStep, move.Uuid.ToString(), async () =>
        {
            // Gigabytes: other VMs move meanwhile.
            (stamp, var observed) = await Task.Run(
                () => Attempt(state, move.Name, () => (move.Method == MoveMethod.SaveRestore ? TryLink(state) : null) ?? Copy(state, stop)), CancellationToken.None);
            return observed;
        });
        return new CopiedState(state, stamp!);
    }

    /// <summary>
    /// An image that was written for this move is given to the new side as the file that it is: its guest stands still meanwhile,
    /// and nobody writes to it. What libvirt keeps beside it, or on another file system, is copied.
    /// </summary>
    private (string Stamp, string Observed)? TryLink(VmState state)
    {
        if (!state.LeavesWithDefinition)
            return null;
        using var live = state.Live(PathsOf(session.Source)) ?? throw new IOException($"{state.Directory} is gone");
        using var arriving = state.Arriving(PathsOf(session.Target));
        arriving.Remove(state.Name);
        try
        {
            live.LinkTo(state.Name, arriving, state.Name);
        }
        catch (IOException exception)
        {
            session.Notice($"the {state.Words} is copied, which takes longer: it cannot be linked: {exception.Message}");
            return null;
        }

        arriving.Sync();
        return FileTree.Stamp(live, state.Name) is { } stamp
            ? (stamp, $"{state.Words}: {FileTree.SizeOf(arriving, state.Name)} bytes, the same file")
            : throw new IOException("it is gone");
    }

    private (string Stamp, string Observed) Copy(VmState state, CancellationToken stop)
    {
        using var live = state.Live(PathsOf(session.Source)) ?? throw new IOException($"{state.Directory} is gone");
        using var arriving = state.Arriving(PathsOf(session.Target));
        arriving.Remove(state.Name);
        try
        {
            var stamp = FileTree.Stamp(live, state.Name);
            var read = FileTree.Copy(live, state.Name, arriving, state.Name, stop);
            if (stamp is null || !string.Equals(stamp, FileTree.Stamp(live, state.Name), StringComparison.Ordinal))
                throw new IOException("it changed while it was copied");
            if (!string.Equals(read, FileTree.Digest(arriving, state.Name, stop: stop), StringComparison.Ordinal))
                throw new IOException("the copy is not what was read");
            return (stamp, $"{state.Words}: {FileTree.SizeOf(arriving, state.Name)} bytes copied, sha256 {read} of all of it");
        }
        catch (OperationCanceledException exception)
        {
            arriving.Remove(state.Name);
            throw new IOException("it was interrupted", exception);
        }
        catch (IOException)
        {
            arriving.Remove(state.Name);
            throw;
        }
    }

    private bool Remove(VmState state)
    {
        using var arriving = state.Arriving(PathsOf(session.Target));
        arriving.Remove(state.Name);
        return true;
    }

    private Task SetAsideAsync(SwapSide side, Guid uuid, string name, VmState state) => session.Log.DoAsync(AsideStep, uuid.ToString(), () => Task.FromResult(Attempt(state, name, () =>
    {
        using var live = state.Live(PathsOf(side));
        return live is not null && StateSettlement.SetAside(PathsOf(side), state, live)
            ? $"the {state.Words} that {side.Generation.Name} had is not to be used any more, and kept in {Path.Join(PathsOf(side).Aside, state.Kind)}"
            : "it is gone";
    })));

    private static bool IsIn(SwapSide side, VmState state, string name) => Attempt(state, name, () => state.IsIn(PathsOf(side)));

    private static T Attempt<T>(VmState state, string name, Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw StateSettlement.Unusable(state, name, exception);
        }
    }
}

/// <summary>A copy that waits.</summary>
/// <param name="State">What it is of.</param>
/// <param name="Stamp">What the original was when it was copied (see <see cref="FileTree.Stamp"/>).</param>
internal sealed record CopiedState(VmState State, string Stamp);
