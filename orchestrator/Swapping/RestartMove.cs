using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Moves a VM that cannot move live: shut down or saved, carried as one that is shut off, started. What cannot be started on the
/// new side goes back and is started on the old one.
/// </summary>
internal sealed class RestartMove(SwapSession session, DefinitionMove back)
{
    private readonly GracefulShutdown _shutdown = new(session);
    private readonly SavedStop _save = new(session);
    private readonly Restarts _restarts = new(session.Journal, session.Log, session.Kernel, session.Notice);

    /// <summary>Whether a VM is off because it was stopped for its move, in this operation or one that died.</summary>
    public bool Waits(Guid uuid) => _restarts.Waits(uuid);

    /// <summary>Shuts it down, or saves it, on the old side.</summary>
    /// <param name="move">The VM.</param>
    /// <param name="stop">Interrupts a save in order; a guest that has been asked to shut down does not take that back.</param>
    /// <returns>Why it runs on; null where it is off.</returns>
    /// <exception cref="OwnershipException">It is off, and its saved state is not to be had.</exception>
    public async Task<string?> StopAsync(PlannedMove move, CancellationToken stop)
    {
        try
        {
            await (move.Method == MoveMethod.SaveRestore ? _save.RunAsync(move, stop) : _shutdown.RunAsync(move));
            return null;
        }
        catch (DeadlineException exception) when (move.Method == MoveMethod.Restart)
        {
            return exception.Message;
        }
        catch (AdapterException exception) when (move.Method == MoveMethod.SaveRestore)
        {
            // The error may be no more than that nobody answers, and it be saved.
            if (!(await new Fence(session).LookAsync(move.Uuid, CancellationToken.None)).Source.IsActive)
                throw;
            await _restarts.RunsOnAsync(move.Uuid);
            return exception.Message;
        }
    }

    /// <summary>Starts it on the new side, which has its definition by now.</summary>
    /// <returns>
    /// Whether it runs there: not where it went off before it could be saved, and nothing is left to go on from; and why it is back
    /// on the old side, null where it is not.
    /// </returns>
    public async Task<(bool Runs, string? WhyBack)> StartAsync(PlannedMove move)
    {
        try
        {
            return (await _restarts.StartAsync(session.Target.Generation, session.Target.Libvirt.Domains, move.Uuid), null);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            // The answer may be what failed, and not the start.
            if ((await new Fence(session).SettleAsync(move.Uuid, move.Name)).Owner == Owner.Target)
                return (true, null);
            if (!await back.RunAsync(move, CancellationToken.None))
                return (true, null); // Somebody has started it there meanwhile.
            return (false, $"it could not be started in {session.Target.Generation.Name}: {exception.Message}");
        }
    }

    /// <summary>After a move that did not come through: a VM that waits for its start is started where it is.</summary>
    /// <returns>Why it could not be; null where it runs, or nothing was to be done.</returns>
    public async Task<string?> StartWhereItIsAsync(PlannedMove move)
    {
        if (!Waits(move.Uuid))
            return null;
        try
        {
            var seen = await new Fence(session).LookAsync(move.Uuid, CancellationToken.None);
            var side = seen.Owner switch
            {
                Owner.SourceDefinition or Owner.BothDefinitions => session.Source,
                Owner.TargetDefinition => session.Target,
                _ => null,
            };
            if (side is not null)
                await _restarts.StartAsync(side.Generation, side.Libvirt.Domains, move.Uuid);
            return null;
        }
        catch (HostSwapException exception) when (exception is not JournalException)
        {
            return $"it was stopped for its move, and could not be started again: {exception.Message}";
        }
    }
}
