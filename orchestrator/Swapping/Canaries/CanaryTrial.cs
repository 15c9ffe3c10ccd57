using System.Globalization;
using System.Xml;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// Proves on this very machine that a guest with one machine type and CPU can be handed over, and copied, from the one image to
/// the other, before a VM is. What is proven holds for these images and this kernel; what has failed holds for this operation,
/// and the next tries again.
/// </summary>
internal sealed class CanaryTrial(SwapSession session, CanaryPair pair)
{
    /// <summary>How long one of its migrations may take: what is sent of it is a few MiB.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <summary>The ways in which VMs are moved while they run.</summary>
    private static readonly MoveMethod[] Methods = [MoveMethod.Handover, MoveMethod.Copy];

    private CanaryKey Key => new(session.Source.Generation.Record.ImageId, session.Target.Generation.Record.ImageId, session.Kernel.Release, pair.Key);

    /// <summary>What is known already.</summary>
    public CanaryVerdict Find() => session.Journal.FindCanary(Key) switch
    {
        { Outcome: CanaryOutcome.Proven } proven => new CanaryVerdict(
            CanaryProof.Proven, string.Create(CultureInfo.InvariantCulture, $"proven by a canary on {proven.RecordedAt:yyyy-MM-dd}")),
        { Outcome: CanaryOutcome.Failed } failed when failed.Operation == session.Log.Operation => new CanaryVerdict(CanaryProof.Doubtful, failed.Reason),
        _ => CanaryVerdict.Pending,
    };

    /// <summary>
    /// Has canaries fly, and records what they have shown. One that cannot be handed over fails no swap; one that cannot be copied
    /// has the plan refuse it.
    /// </summary>
    /// <param name="model">A VM that is ready for handover, whose machine and CPU they get.</param>
    /// <param name="stop">Interrupts in order.</param>
    public async Task<CanaryVerdict> RunAsync(Guid model, CancellationToken stop)
    {
        var (failure, at) = await FlyAsync(model, stop);
        // One that was interrupted has shown nothing.
        if (failure is not null)
            stop.ThrowIfCancellationRequested();
        session.Journal.RecordCanary(
            session.Log.Operation, Key, failure is null ? CanaryOutcome.Proven : CanaryOutcome.Failed, failure ?? "handed over and copied, its RAM as before");
        if (failure is not null)
            session.Notice(at == MoveMethod.Copy ? $"no VM of {pair.Words} can be moved: {failure}" : $"no VM of {pair.Words} is handed over: {failure}");
        // A copy that fails forbids the swap, and is tried again by the next operation; none begins to move with it.
        return Find() with { ForbidsCopies = failure is not null && at == MoveMethod.Copy };
    }

    private async Task<(string? Failure, MoveMethod At)> FlyAsync(Guid model, CancellationToken stop)
    {
        var way = $"{session.Source.Generation.Name} to {session.Target.Generation.Name}";
        var (doing, at) = ("started", MoveMethod.Handover);
        try
        {
            var xml = await session.Source.Libvirt.Domains.GetXmlAsync(model, DomainXml.Live, stop);
            var version = (await session.Source.Libvirt.ReadVersionsAsync(stop)).Libvirt;
            var flight = new CanaryFlight(Quietly());
            foreach (var method in Methods)
            {
                (doing, at) = (method == MoveMethod.Handover ? "handed over" : "copied", method);
                await flight.RunAsync(method, xml, version, stop);
            }

            return (null, at);
        }
        catch (Exception exception) when (exception is XmlException or (HostSwapException and not JournalException))
        {
            return ($"a canary could not be {doing} from {way} ({pair.Words}): {exception.Message}", at);
        }
    }

    /// <summary>Nobody watches its progress, and it may not take as long as a VM.</summary>
    private SwapSession Quietly() => session with
    {
        Settings = session.Settings with
        {
            Migration = session.Settings.Migration with { DeadlineBase = Limit, DeadlinePerGiB = TimeSpan.Zero },
        },
        Observer = new NoticesOnly(session.Observer),
    };

    private sealed class NoticesOnly(ISwapObserver observer) : ISwapObserver
    {
        public void OnEvent(SwapEvent swapEvent)
        {
            if (swapEvent is SwapNotice)
                observer.OnEvent(swapEvent);
        }
    }
}
