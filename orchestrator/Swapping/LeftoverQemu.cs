using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Two QEMUs of one VM, of which one can be told to be what a migration has left. A libvirtd that died in the last phase
/// leaves the old one paused for good while the new one runs; a reply that was lost lets the old one run again, or try to,
/// though the new one has all of the guest. What is left over has either sent everything, or has never run since
/// everything came: the guest is in the other, whole. Of all else nothing is touched.
/// </summary>
/// <param name="session">Both sides.</param>
/// <param name="handover">The move that holds the monitors of both, which serve one client at a time; null where nobody does.</param>
internal sealed class LeftoverQemu(SwapSession session, HandoverMove? handover = null)
{
    /// <summary>libvirt's <c>VIR_DOMAIN_PAUSED_MIGRATION</c>.</summary>
    private const int PausedForMigration = 2;

    /// <summary>
    /// libvirt's <c>VIR_DOMAIN_PAUSED_API_ERROR</c>: after a migration that it took for failed it could not have the old QEMU
    /// go on, since the new one has the lock on an image.
    /// </summary>
    private const int PausedByError = 14;

    /// <summary>What a failed migration leaves by itself for a moment. Whatever waits longer may be a guest that stands still.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>How long a libvirt that starts again may take to have a guest go on that it finds in mid-migration.</summary>
    private static readonly TimeSpan RestartLimit = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Fence _fence = new(session);

    /// <summary>Waits until at most one side has a QEMU; one that can be told to be left over is ended.</summary>
    /// <exception cref="PostCopyBrokenException">As <see cref="Fence.SettleAsync(Guid, string)"/>.</exception>
    /// <exception cref="OwnershipException">Neither can be told to be left over, and both are there after the limit.</exception>
    /// <exception cref="DeadlineException">As <see cref="Fence.SettleAsync(Guid, string)"/>.</exception>
    public async Task<Ownership> SettleAsync(Guid uuid, string name)
    {
        try
        {
            return await _fence.SettleAsync(uuid, name, Patience);
        }
        catch (OwnershipException)
        {
            await EndAsync(uuid, await _fence.LookAsync(uuid, CancellationToken.None));
            return await _fence.SettleAsync(uuid, name);
        }
    }

    /// <summary>
    /// Whether the one QEMU that is left has sent all of a guest that ran to another one, which is gone: that may have let it
    /// execute, and then disk and RAM have moved on. libvirt itself has such a guest go on where it knows that it may; where
    /// it does not within a limit, nobody else knows either.
    /// </summary>
    public async Task<bool> IsSpentAsync(Guid uuid)
    {
        var began = session.Time.GetTimestamp();
        while (await LookSpentAsync(uuid))
        {
            if (session.Time.GetElapsedTime(began) > RestartLimit)
                return true;
            await Task.Delay(Interval, session.Time);
        }

        return false;
    }

    private async Task<bool> LookSpentAsync(Guid uuid)
    {
        var seen = await _fence.LookAsync(uuid, CancellationToken.None);
        var (side, view) = seen.Owner == Owner.Source ? (session.Source, seen.Source) : (session.Target, seen.Target);
        return seen.Owner is Owner.Source or Owner.Target
            && view.Domain is { State: DomainState.Paused }
            && await AskAsync(side, uuid) is { Run: "postmigrate", Completed: true };
    }

    private async Task EndAsync(Guid uuid, Ownership seen)
    {
        if (await FindAsync(uuid, seen) is not { } leftover)
            return;
        var owner = leftover == session.Source ? session.Target : session.Source;
        await session.Log.DoAsync("end-leftover", uuid.ToString(), async () =>
        {
            await leftover.Libvirt.Domains.DestroyAsync(uuid, CancellationToken.None);
            return $"the QEMU that a migration had left in {leftover.Generation.Name} is ended; the VM is in {owner.Generation.Name}";
        });
    }

    private async Task<SwapSide?> FindAsync(Guid uuid, Ownership seen)
    {
        if (seen.PostCopy != PostCopyPhase.None || !IsOne(seen.Source) || !IsOne(seen.Target))
            return null;
        if (IsStuck(seen.Source) && Runs(seen.Target))
            return session.Source;
        if (IsStuck(seen.Target) && Runs(seen.Source))
            return session.Target;

        // libvirt's words fit more than one story; where both QEMUs can be asked themselves, they tell.
        if (await AskAsync(session.Source, uuid) is not { } source || await AskAsync(session.Target, uuid) is not { } target)
            return null;
        // Asked to take it over, a libvirt that has not done so yet ends its QEMU where whoever asked goes away.
        if (source.IsLeftBeside(target) && seen.Target.Domain is not { State: DomainState.Paused, StateReason: PausedForMigration })
            return session.Source;
        return target.IsLeftBeside(source) ? session.Target : null;
    }

    private static bool IsOne(SideView side) => side is { Domain: not null, QemuProcesses.Count: 1 };

    private static bool IsStuck(SideView side) => side.Domain is { State: DomainState.Paused, StateReason: PausedForMigration or PausedByError };

    private static bool Runs(SideView side) => side.Domain is { State: DomainState.Running or DomainState.Blocked };

    private async Task<QemuState?> AskAsync(SwapSide side, Guid uuid)
    {
        try
        {
            if (handover?.MonitorOf(side) is { } held)
                return await AskAsync(held);
            await using var monitor = await session.Qmp.ConnectAsync(
                side.Generation.Paths.QmpSocket(uuid), $"qemu {uuid} in {side.Generation.Name}", CancellationToken.None);
            return await AskAsync(monitor);
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            return null; // It was not prepared for handover, or does not answer.
        }
    }

    private static async Task<QemuState> AskAsync(IQmpMonitor monitor) => new(
        await monitor.GetRunStateAsync(CancellationToken.None),
        await monitor.GetMigrationStatusAsync(CancellationToken.None) is "completed");

    /// <summary>What one QEMU says of itself.</summary>
    /// <param name="Run">QEMU's <c>RunState</c>.</param>
    /// <param name="Completed">Whether its migration, sent or received, is complete.</param>
    private sealed record QemuState(string Run, bool Completed)
    {
        /// <summary>Beside one that has the guest: it has sent all of it, or stands as it was when all had come.</summary>
        public bool IsLeftBeside(QemuState other) => Completed && Run switch
        {
            "postmigrate" => other is { Completed: true, Run: "running" or "paused" },
            "paused" => other.Run is "running",
            _ => false,
        };
    }
}
