using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>The check that exactly one QEMU runs a given VM, made on both sides from what libvirt and the kernel show.</summary>
public sealed class Fence(SwapSession session)
{
    /// <summary>How long two QEMUs, or a libvirt that is restarting, may take to become one clear owner.</summary>
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks once.</summary>
    public async Task<Ownership> LookAsync(Guid uuid, CancellationToken cancellationToken)
    {
        var source = FindAsync(session.Source, uuid, cancellationToken);
        var target = FindAsync(session.Target, uuid, cancellationToken);
        await Task.WhenAll(source, target);
        // Processes last: what libvirt has just called gone must be gone in the kernel too.
        var processes = session.Kernel.QemuProcesses().Where(process => process.DomainUuid == uuid).ToList();
        return new Ownership(
            new SideView(await source, PidsOf(session.Source)), new SideView(await target, PidsOf(session.Target)));

        List<int> PidsOf(SwapSide side) =>
            [.. processes.Where(process => string.Equals(process.PidNamespace, side.PidNamespace, StringComparison.Ordinal)).Select(process => process.Pid)];
    }

    /// <summary>
    /// A host container whose init has ended answers no more, and needs not: the kernel ends every process of a PID
    /// namespace with its init (pid_namespaces(7)), so nothing runs in it, and what it has defined is on its disk.
    /// </summary>
    private async Task<DomainRecord?> FindAsync(SwapSide side, Guid uuid, CancellationToken cancellationToken)
    {
        try
        {
            return await side.Libvirt.Domains.FindAsync(uuid, cancellationToken);
        }
        catch (AdapterException) when (!side.IsAlive(session.Kernel))
        {
            return DefinitionFiles.Find(side.Generation.Paths, uuid);
        }
    }

    /// <summary>
    /// Looks until at most one side has a QEMU. The end of a failed migration takes a moment on both sides, and a
    /// libvirtd that was killed must first be back. So must a post-copy migration have come to its end: until then
    /// one QEMU alone is not the whole guest either.
    /// </summary>
    /// <exception cref="PostCopyBrokenException">A post-copy migration of it has broken, or goes on after the limit.</exception>
    /// <exception cref="OwnershipException">Both sides still have one after the limit.</exception>
    /// <exception cref="DeadlineException">One side could not be asked within the limit.</exception>
    public Task<Ownership> SettleAsync(Guid uuid, string name) => SettleAsync(uuid, name, SettleLimit);

    /// <summary>The same with another limit for two QEMUs.</summary>
    internal async Task<Ownership> SettleAsync(Guid uuid, string name, TimeSpan limit)
    {
        var began = session.Time.GetTimestamp();
        for (; ; )
        {
            string seen;
            try
            {
                var ownership = await LookAsync(uuid, CancellationToken.None);
                if (ownership.Owner != Owner.Both && ownership.PostCopy == PostCopyPhase.None)
                    return ownership;

                seen = ownership.InWords;
                if (ownership.PostCopy == PostCopyPhase.Broken || (ownership.PostCopy != PostCopyPhase.None && IsOver(began)))
                    throw new PostCopyBrokenException(name, uuid, seen);
                if (session.Time.GetElapsedTime(began) > limit)
                    throw new OwnershipException($"VM {name} ({uuid}) has a QEMU on both sides: {seen}");
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                seen = exception.Message;
                if (IsOver(began))
                    throw new DeadlineException($"both sides to say who owns VM {name} ({uuid})", SettleLimit, seen);
            }

            await Task.Delay(Interval, session.Time);
        }
    }

    private bool IsOver(long began) => session.Time.GetElapsedTime(began) > SettleLimit;
}
