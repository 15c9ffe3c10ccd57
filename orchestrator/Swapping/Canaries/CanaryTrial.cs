using System.Globalization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// Proves on this very machine that a guest with one machine type and CPU can be handed over, or copied, from the one image to
/// the other and back, before a VM is. What is proven holds for these images and this kernel; what has failed holds for this
/// operation, and the next tries again.
/// </summary>
internal sealed class CanaryTrial(SwapSession session, CanaryPair pair)
{
    /// <summary>What is known already.</summary>
    public CanaryVerdict Find()
    {
        var verdict = Look(MoveMethod.Handover, back: false) switch
        {
            { Outcome: CanaryOutcome.Proven } proven => new CanaryVerdict(
                CanaryProof.Proven, string.Create(CultureInfo.InvariantCulture, $"proven by a canary on {proven.RecordedAt:yyyy-MM-dd}")),
            { } failed => new CanaryVerdict(CanaryProof.Doubtful, failed.Reason),
            null => CanaryVerdict.Pending,
        };
        return verdict with
        {
            WhyNotMoved = Failure(MoveMethod.Copy, back: false),
            WhyNoWayBack = Failure(MoveMethod.Copy, back: true),
            WhyCopiedBack = Failure(MoveMethod.Handover, back: true),
        };
    }

    /// <summary>Whether it is known what comes of moving it so, there and, where it comes there, back.</summary>
    public bool IsKnown(MoveMethod method) => Look(method, back: false) switch
    {
        null => false,
        { Outcome: CanaryOutcome.Failed } => true,
        _ => Look(method, back: true) is not null,
    };

    /// <summary>Has a canary fly, and records what it has shown.</summary>
    /// <param name="flight">Flies.</param>
    /// <param name="method">How it is moved.</param>
    /// <param name="model">A VM whose machine and CPU it gets.</param>
    /// <param name="stop">Interrupts in order; nothing is recorded then.</param>
    /// <returns>Why it was not ready to be moved, so that nothing is known but of handover, which is not trusted; null where it was.</returns>
    public async Task<string?> RunAsync(CanaryFlight flight, MoveMethod method, Guid model, CancellationToken stop)
    {
        var failure = await flight.RunAsync(method, model, stop);
        if (failure is null)
        {
            Record(method, back: false, failure: null);
            Record(method, back: true, failure: null);
            return null;
        }

        var why = $"a canary could not be {Words(method, failure.Stage)} ({pair.Words}): {failure.Why}";
        if (failure.Stage == CanaryStage.Back)
            Record(method, back: false, failure: null);
        if (failure.Stage != CanaryStage.Start || method == MoveMethod.Handover)
            Record(method, failure.Stage == CanaryStage.Back, why);
        session.Notice((method, failure.Stage) switch
        {
            (MoveMethod.Handover, CanaryStage.Back) => $"VMs of {pair.Words} would be copied on their way back: {why}",
            (MoveMethod.Handover, _) => $"no VM of {pair.Words} is handed over: {why}",
            (_, CanaryStage.Back) => $"no VM of {pair.Words} could come back: {why}",
            (_, CanaryStage.There) => $"no VM of {pair.Words} can be moved: {why}",
            _ => $"nothing is proven of VMs of {pair.Words}: {why}",
        });
        return failure.Stage == CanaryStage.Start ? why : null;
    }

    private string Words(MoveMethod method, CanaryStage stage)
    {
        var (source, target) = (session.Source.Generation.Name, session.Target.Generation.Name);
        return (method, stage) switch
        {
            (_, CanaryStage.Start) => $"made ready in {source}",
            (MoveMethod.Handover, CanaryStage.There) => $"handed over from {source} to {target}",
            (MoveMethod.Handover, _) => $"handed back from {target} to {source}",
            (_, CanaryStage.There) => $"copied from {source} to {target}",
            _ => $"copied back from {target} to {source}",
        };
    }

    private void Record(MoveMethod method, bool back, string? failure) => session.Journal.RecordCanary(
        session.Log.Operation, KeyOf(method, back), failure is null ? CanaryOutcome.Proven : CanaryOutcome.Failed, failure ?? "it came with its RAM as before");

    /// <summary>What has failed in an earlier operation is tried again.</summary>
    private CanaryRecord? Look(MoveMethod method, bool back) => session.Journal.FindCanary(KeyOf(method, back)) switch
    {
        { Outcome: CanaryOutcome.Failed } failed when failed.Operation != session.Log.Operation => null,
        var found => found,
    };

    private string? Failure(MoveMethod method, bool back) => Look(method, back) is { Outcome: CanaryOutcome.Failed } failed ? failed.Reason : null;

    private CanaryKey KeyOf(MoveMethod method, bool back)
    {
        var (from, to) = back ? (session.Target, session.Source) : (session.Source, session.Target);
        var key = new CanaryKey(from.Generation.Record.ImageId, to.Generation.Record.ImageId, session.Kernel.Release, pair.Key, method.ToString());
        // Between two generations of one image the images do not tell which way it was.
        return back && string.Equals(key.SourceImage, key.TargetImage, StringComparison.Ordinal) ? key with { Method = $"{method} back" } : key;
    }
}
