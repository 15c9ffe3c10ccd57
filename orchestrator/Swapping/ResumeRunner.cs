using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping.Steps;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Puts right whatever an interruption has left (<c>kill -9</c>, a power cut, a restart of Docker, a reboot): brings up
/// what must run, looks where every VM is, compares that with the journal, and goes on, or back. It can itself be
/// killed at any point and run again.
/// </summary>
public sealed class ResumeRunner(OuterHostParts parts, ISwapObserver observer, ISwapApproval approval)
{
    private readonly SwapPreparation _preparation = new(parts, observer);
    private readonly StepRecorder _steps = new(observer, parts.Time);

    /// <summary>Resumes. The caller holds the outer host's lock.</summary>
    public async Task<SwapResult> RunAsync(ResumeRequest request, CancellationToken stop)
    {
        var (active, earlier) = await _steps.RunAsync(SwapStep.Preflight, () =>
        {
            var found = (Active: parts.Generations.Active(), Earlier: FindEarlier());
            return Task.FromResult((found, found.Earlier is null ? "nothing is unfinished" : $"continues operation {found.Earlier.Value.Id}"));
        });
        if (earlier is not { } unfinished)
            return await PutRightAsync(active, stop);

        var course = request.Course is { } wanted ? unfinished.Detail.CourseTo(wanted) : unfinished.Detail.Course;
        var operation = new MoverOperation(parts, observer, approval, request.OnFailure);
        var result = await operation.RunAsync(
            OperationKind.Resume,
            active,
            unfinished.Detail with { Course = course },
            token => ContinueAsync(operation, active, unfinished.Detail, course, token),
            stop);

        // The switch had been made already, so that the only way there is another operation, in the other direction.
        var switched = active.Number == unfinished.Detail.Candidate && parts.Generations.FindCandidate() is null;
        return request.Course is not null && course == SwapCourse.Back && switched && result.Result == OperationResult.Done
            ? await new RollbackRunner(parts, observer, approval).RunAsync(active, parts.Generations.Previous(), request.OnFailure, stop)
            : result;
    }

    private (long Id, SwapDetail Detail)? FindEarlier()
    {
        if (parts.Journal.UnfinishedOperations() is [var newest, ..])
            return (newest.Id, SwapDetail.Parse(newest.DetailJson));
        return null;
    }

    /// <summary>Nothing is to be continued; but somebody may have told a QEMU to leave its RAM out of what it saves.</summary>
    private async Task<SwapResult> PutRightAsync(Generation active, CancellationToken stop)
    {
        if (await RamOfAsync(active) is not { } ram || !(await ram.FindAsync(stop)).Any(static vm => vm.Unknown is null))
            return Unfinished.NothingToDo(parts, observer, $"nothing is unfinished; {active.Name} is active");

        var operation = new MoverOperation(parts, observer, approval, FailurePolicy.Stop);
        // As one that has switched: whoever continues it after a death finds nothing to move.
        var detail = new SwapDetail(active.Number, active.Number, active.Record.Image, active.Record.ImageId);
        return await operation.RunAsync(
            OperationKind.Resume,
            active,
            detail,
            async _ => await ram.ClearAllAsync(operation.Log) is [_, ..] problems
                ? throw new StepFailedException(problems)
                : $"every VM in {active.Name} saves its RAM again",
            stop);
    }

    private async Task<SharedRam?> RamOfAsync(Generation generation) =>
        await parts.Engine.FindContainerAsync(generation.ContainerName, CancellationToken.None) is { Running: true } container
        && parts.Kernel.PidNamespace(container.InitPid) is { } space
            ? new SharedRam(parts.Kernel, parts.Qmp, generation.Paths, space)
            : null;

    private async Task<string> ContinueAsync(
        MoverOperation operation, Generation active, SwapDetail earlier, SwapCourse course, CancellationToken stop)
    {
        await BringUpAsync(operation.Log, active, stop);
        var candidate = parts.Generations.FindCandidate();
        // With a candidate that runs a move may still be in flight: then it is done once that has ended.
        if (candidate is null || !await IsRunningAsync(candidate))
            await KeepRamInSavesAsync(operation.Log, active);
        if (candidate is not null)
            return await ContinueAsync(operation, active, candidate, course, stop);
        if (active.Number == earlier.Candidate)
            return await operation.CompleteAsync(active, stop);
        if (course == SwapCourse.Back)
            return $"nothing had begun; every VM is in {active.Name}";

        // It died before its candidate was recorded. That of a rollback is a generation that is kept.
        if (parts.Generations.All().FirstOrDefault(generation => generation.Number == earlier.Candidate) is { Role: GenerationRole.Retired } kept)
            return await operation.GoForwardAsync(active, await _preparation.RecallAsync(operation.Log, kept, stop), stop);
        var start = await _preparation.FindStartAsync(earlier.ImageId, earlier.Image, stop);
        return await operation.GoForwardAsync(active, await _preparation.StartCandidateAsync(operation.Log, start, stop), stop);
    }

    private async Task<string> ContinueAsync(
        MoverOperation operation, Generation active, Generation candidate, SwapCourse course, CancellationToken stop)
    {
        var empty = (await parts.Contents.FindAsync(candidate, CancellationToken.None)).Count == 0;
        if (course == SwapCourse.Back && empty && !await IsRunningAsync(candidate))
            return await operation.GoBackAsync(active, candidate, approval, stop);

        await _preparation.StartAsync(operation.Log, candidate, stop);
        await ReconcileAsync(operation, course == SwapCourse.Forward ? (active, candidate) : (candidate, active), stop);
        return course == SwapCourse.Forward
            ? await operation.GoForwardAsync(active, candidate, stop)
            : await operation.GoBackAsync(active, candidate, approval, stop);
    }

    private async Task KeepRamInSavesAsync(EffectLog log, Generation active)
    {
        foreach (var problem in await RamOfAsync(active) is { } ram ? await ram.ClearAllAsync(log) : [])
            observer.OnEvent(new SwapNotice(parts.Time.GetUtcNow(), problem));
    }

    private async Task BringUpAsync(EffectLog log, Generation active, CancellationToken stop)
    {
        if (await IsRunningAsync(active))
            return;
        await parts.Generations.StartAsync(log, active, stop);
        await parts.Probe.WaitAsync(active, stop);
        await parts.Generations.SetRestartAsync(log, active, restart: true, stop);
    }

    private async Task<bool> IsRunningAsync(Generation generation) =>
        await parts.Engine.FindContainerAsync(generation.ContainerName, CancellationToken.None) is { Running: true };

    private async Task ReconcileAsync(MoverOperation operation, (Generation Source, Generation Target) sides, CancellationToken stop)
    {
        var (session, _) = await _preparation.ConnectAsync(operation.Log, sides.Source, sides.Target, stop);
        await using (session)
        {
            await _steps.RunAsync(SwapStep.Reconcile, async () =>
            {
                await AwaitEarlierMovesStep.RunAsync(session, stop);
                var found = await new Reconciliation(session).RunAsync();
                ThrowIfUnclear(found);
                foreach (var lost in found.Where(vm => vm.Verdict == Verdict.Lost))
                    operation.ReportLost(lost);
                foreach (var problem in await new Restarts(parts.Journal, operation.Log, parts.Kernel, session.Notice).StartAllAsync(sides.Target, session.Target.Libvirt.Domains, session.Source.Libvirt.Domains))
                    session.Notice(problem);
                return Summarise(found);
            });
        }
    }

    private static void ThrowIfUnclear(IReadOnlyList<ReconciledVm> found)
    {
        var unclear = found.Where(vm => vm.Verdict is Verdict.Refuse or Verdict.Broken or Verdict.Spent).Select(InWords).ToList();
        if (unclear.Count > 0)
            throw new OwnershipException($"nothing was resumed, no VM was touched: {string.Join("; ", unclear)}");
    }

    private static string InWords(ReconciledVm vm) => vm.Verdict switch
    {
        Verdict.Broken => new PostCopyBrokenException(vm.Name, vm.Uuid, vm.Seen).Message,
        Verdict.Spent => $"the QEMU that took VM {vm.Name} ({vm.Uuid}) over is gone, and may have executed it; the old one's RAM is not to be trusted: "
            + $"destroy it, resume again, and start the VM anew ({vm.Seen})",
        _ => $"VM {vm.Name} ({vm.Uuid}) has a QEMU on both sides: {vm.Seen}",
    };

    private static string Summarise(IReadOnlyList<ReconciledVm> found)
    {
        int Count(Verdict verdict) => found.Count(vm => vm.Verdict == verdict);
        var lost = Count(Verdict.Lost) is > 0 and var many ? $", {many} lost" : "";
        return $"{Count(Verdict.Adopt)} VM(s) have arrived, {Count(Verdict.MoveAgain)} are still to move{lost}";
    }
}
