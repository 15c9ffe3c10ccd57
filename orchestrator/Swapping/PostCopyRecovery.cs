using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning.Checks;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Mends a post-copy migration that has broken off: libvirt connects both QEMUs anew, and what is missing is sent
/// (<c>VIR_MIGRATE_POSTCOPY_RESUME</c>, QEMU's <c>migrate-recover</c>). It needs both QEMUs; nothing else can bring the
/// guest back, since its memory is in part on either side.
/// </summary>
internal sealed class PostCopyRecovery(SwapSession session)
{
    private const string Step = "mend-postcopy";
    private const int Attempts = 3;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    private readonly Fence _fence = new(session);

    /// <summary>Tries; true where the VM is on one side afterwards. What stands in the way is told.</summary>
    public async Task<bool> TryAsync(Guid uuid, string name, long memoryBytes)
    {
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            if (attempt > 0)
                await Task.Delay(session.Settings.Migration.RetryDelay * (1 << attempt), session.Time, CancellationToken.None);

            var seen = await _fence.LookAsync(uuid, CancellationToken.None);
            if (seen.PostCopy == PostCopyPhase.None)
                return true; // It was mended by somebody else, or had ended after all.
            if (Ends(seen) is not { } ends)
            {
                session.Notice($"{name}: its post-copy migration has broken and cannot be mended, since a QEMU is missing ({seen.InWords})");
                return false;
            }

            var libvirt = (await ends.To.Libvirt.ReadVersionsAsync(CancellationToken.None)).Libvirt;
            if (!PolicyCheck.CanMend(libvirt))
            {
                session.Notice($"{name}: its post-copy migration has broken, and libvirt {libvirt} of {ends.To.Generation.Name} crashes where it is told to mend one (fixed in 11.4)");
                return false;
            }

            if (await TryOnceAsync(ends, name, memoryBytes))
                return true;
        }

        return false;
    }

    /// <summary>Which way it was going: only the sending side stands paused by it. Null where a QEMU is missing.</summary>
    private (SwapSide From, SwapSide To, DomainRecord Domain)? Ends(Ownership seen)
    {
        if (seen.Owner != Owner.Both)
            return null;
        return seen switch
        {
            { Source.Domain: { State: DomainState.Paused, PostCopy: not PostCopyPhase.None } sender } => (session.Source, session.Target, sender),
            { Target.Domain: { State: DomainState.Paused, PostCopy: not PostCopyPhase.None } sender } => (session.Target, session.Source, sender),
            _ => null,
        };
    }

    private async Task<bool> TryOnceAsync((SwapSide From, SwapSide To, DomainRecord Domain) ends, string name, long memoryBytes)
    {
        var (from, to, domain) = ends;
        var limit = MigrationWatch.LimitOf(session.Settings.Migration, memoryBytes);
        try
        {
            var version = (await from.Libvirt.ReadVersionsAsync(CancellationToken.None)).Libvirt;
            await session.Log.DoAsync(Step, domain.Uuid.ToString(), async () =>
            {
                await MigrationCall.RunAsync(session.Settings, from, to, domain, version, PostCopyUse.Resume, MigrationArrival.Copied).WaitAsync(limit, session.Time);
                return $"the rest of its memory has come to {to.Generation.Name}";
            });
            session.Notice($"{name}: its post-copy migration had broken, and was mended");
            return true;
        }
        catch (TimeoutException)
        {
            throw new DeadlineException($"the mended post-copy migration of {name} to end", limit, "it still goes on, and cannot be aborted");
        }
        catch (AdapterException exception)
        {
            session.Notice($"{name}: its post-copy migration has broken and could not be mended: {exception.Message}");
            await AwaitEndAsync(domain.Uuid, name, limit);
            return false;
        }
    }

    /// <summary>Before 11.0 libvirt may report a failure though it goes on, and ends well ("Fix false error when recovering", NEWS).</summary>
    private async Task AwaitEndAsync(Guid uuid, string name, TimeSpan limit)
    {
        var began = session.Time.GetTimestamp();
        while ((await _fence.LookAsync(uuid, CancellationToken.None)).PostCopy == PostCopyPhase.UnderWay)
        {
            if (session.Time.GetElapsedTime(began) > limit)
                throw new DeadlineException($"the mended post-copy migration of {name} to end", limit, "it still goes on, and cannot be aborted");
            await Task.Delay(Interval, session.Time, CancellationToken.None);
        }
    }
}
