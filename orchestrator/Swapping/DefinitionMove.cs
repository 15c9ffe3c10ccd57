using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Carries the definition of a VM that is shut off: defined on the new side first, removed from the old side after,
/// so that a death in between leaves two definitions and never none. Only the old side's could start by itself: libvirt
/// defines without autostart, which activation restores.
/// </summary>
internal sealed class DefinitionMove(SwapSession session)
{
    private const string Step = "define";

    /// <summary>Carries it; false where somebody started the VM meanwhile, in which case nothing has changed.</summary>
    public async Task<bool> RunAsync(PlannedMove move)
    {
        var (source, target) = (session.Source.Libvirt.Domains, session.Target.Libvirt.Domains);
        var subject = move.Uuid.ToString();
        var xml = await source.GetXmlAsync(move.Uuid, DomainXml.Portable, CancellationToken.None);

        await session.Log.DoAsync(Step, subject, async () =>
        {
            await target.DefineAsync(xml, CancellationToken.None);
            return await target.FindAsync(move.Uuid, CancellationToken.None) is { Persistent: true }
                ? "defined on the new side"
                : throw new AdapterException("libvirt", "define", $"{move.Name} is not there after it was defined");
        });

        if (await source.FindAsync(move.Uuid, CancellationToken.None) is { IsActive: true })
        {
            await WithdrawAsync(move);
            return false;
        }

        await session.Log.DoAsync(Step, subject, async () =>
        {
            await source.UndefineAsync(move.Uuid, CancellationToken.None);
            return await source.FindAsync(move.Uuid, CancellationToken.None) is null
                ? "undefined on the old side"
                : "started on the old side at that moment; its definition must be put back";
        });

        if (await source.FindAsync(move.Uuid, CancellationToken.None) is null)
            return true;

        // Started between the look and the undefine: it is transient now. Its definition goes back to it.
        await session.Log.DoAsync(Step, subject, async () =>
        {
            await source.DefineAsync(xml, CancellationToken.None);
            return "defined on the old side again";
        });
        await WithdrawAsync(move);
        return false;
    }

    private Task WithdrawAsync(PlannedMove move) => session.Log.DoAsync(Step, move.Uuid.ToString(), async () =>
    {
        await session.Target.Libvirt.Domains.UndefineAsync(move.Uuid, CancellationToken.None);
        return "undefined on the new side again, since it runs on the old one";
    });
}
