using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Carries the definition of a VM that is shut off: defined on the new side first, removed from the old side after,
/// so that a death in between leaves two definitions and never none. Only the old side's could start by itself: libvirt
/// defines without autostart, which activation restores. What the VM keeps in files of its generation is copied before, and
/// used by the new side after.
/// </summary>
internal sealed class DefinitionMove(SwapSession session)
{
    private const string Step = "define";

    private readonly StateMove _state = new(session);

    /// <summary>Carries it; false where somebody started the VM, or saved it anew, meanwhile, in which case nothing has changed.</summary>
    public async Task<bool> RunAsync(PlannedMove move, CancellationToken stop)
    {
        var (source, target) = (session.Source.Libvirt.Domains, session.Target.Libvirt.Domains);
        var subject = move.Uuid.ToString();
        var xml = await source.GetXmlAsync(move.Uuid, DomainXml.Portable, CancellationToken.None);
        var taken = session.Source.Generation.IsOuter ? Confinement.Without(xml) : xml;
        var copied = await _state.CopyAsync(move, await target.FindAsync(move.Uuid, CancellationToken.None) is not null, stop);

        await session.Log.DoAsync(Step, subject, async () =>
        {
            await target.DefineAsync(taken, CancellationToken.None);
            return await target.FindAsync(move.Uuid, CancellationToken.None) is { Persistent: true }
                ? "defined on the new side"
                : throw new AdapterException("libvirt", "define", $"{move.Name} is not there after it was defined");
        });

        if (await source.FindAsync(move.Uuid, CancellationToken.None) is { IsActive: true } || _state.HaveChanged(move, copied))
        {
            await WithdrawAsync(move, copied);
            return false;
        }

        await UndefineAsync(move, copied);
        if (await source.FindAsync(move.Uuid, CancellationToken.None) is null)
        {
            await _state.PlaceAsync(move, copied);
            return true;
        }

        // Started between the look and the undefine: it is transient now. Its definition goes back to it.
        await session.Log.DoAsync(Step, subject, async () =>
        {
            await source.DefineAsync(xml, CancellationToken.None);
            return "defined on the old side again";
        });
        await WithdrawAsync(move, copied);
        return false;
    }

    /// <summary>libvirt undefines no VM that has a managed save image, and is told to remove it.</summary>
    private Task UndefineAsync(PlannedMove move, IReadOnlyList<CopiedState> copied)
    {
        var (source, from, to) = (session.Source.Libvirt.Domains, session.Source.Generation.Paths, session.Target.Generation.Paths);
        return copied.Count == 0
            ? session.Log.DoAsync(Step, move.Uuid.ToString(), () => RemoveAsync(() => source.UndefineAsync(move.Uuid, CancellationToken.None)))
            : session.Log.DoAsync(
                StateNote.Step,
                move.Uuid.ToString(),
                () =>
                {
                    _state.KeepAside(move, copied);
                    return RemoveAsync(() => StateMove.LeavesWithDefinition(copied)
                        ? source.UndefineSavedAsync(move.Uuid, CancellationToken.None)
                        : source.UndefineAsync(move.Uuid, CancellationToken.None));
                },
                StateNote.Take(from, to, move.Name).ToJson());

        async Task<string> RemoveAsync(Func<Task> remove)
        {
            await remove();
            return await source.FindAsync(move.Uuid, CancellationToken.None) is null
                ? "undefined on the old side"
                : "started on the old side at that moment; its definition must be put back";
        }
    }

    private Task WithdrawAsync(PlannedMove move, IReadOnlyList<CopiedState> copied) => session.Log.DoAsync(Step, move.Uuid.ToString(), async () =>
    {
        _state.Drop(move, copied);
        await session.Target.Libvirt.Domains.UndefineAsync(move.Uuid, CancellationToken.None);
        return "undefined on the new side again, since it runs on the old one";
    });
}
