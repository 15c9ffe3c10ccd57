using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.Orchestrator.Swapping.Steps;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// The part that <c>plan</c> and <c>swap</c> share, and that touches no VM: a candidate is started from the new image
/// and asked what it can take.
/// </summary>
public sealed class SwapPreparation(OuterHostParts parts, ISwapObserver observer)
{
    private readonly StepRecorder _steps = new(observer, parts.Time);

    /// <summary>Finds what a swap would start from.</summary>
    /// <exception cref="EnvironmentException">Nothing is active, or the image is unusable.</exception>
    public Task<SwapStart> FindStartAsync(string? image, CancellationToken cancellationToken) =>
        FindStartAsync(image ?? parts.Settings.Image, image ?? parts.Settings.Image, cancellationToken);

    /// <summary>Finds what an operation that named its image by its digest would start from.</summary>
    public async Task<SwapStart> FindStartAsync(string imageId, string reference, CancellationToken cancellationToken)
    {
        var source = parts.Generations.Active();
        var description = await parts.Generations.FindHostImageAsync(imageId, cancellationToken);
        return new SwapStart(source, parts.Generations.FindCandidate(), reference, description);
    }

    /// <summary>Brings the candidate up; one that a dead hostctl left behind is used, or put away where it is another.</summary>
    public async Task<Generation> StartCandidateAsync(EffectLog log, SwapStart start, CancellationToken cancellationToken) =>
        await _steps.RunAsync(SwapStep.StartCandidate, async () =>
        {
            var candidate = start.Candidate;
            if (candidate is not null && (candidate.Record.RetiredAt is not null || !string.Equals(candidate.Record.ImageId, start.Image.Id, StringComparison.Ordinal)))
            {
                await new DismissStep(parts, log).RunAsync(candidate);
                candidate = null;
            }

            candidate ??= await parts.Generations.CreateAsync(log, GenerationRole.Candidate, start.Reference, start.Image, cancellationToken);
            await parts.Generations.StartAsync(log, candidate, cancellationToken);
            return (candidate, $"{candidate.Name} runs {start.Reference}");
        });

    /// <summary>Brings a candidate up that is there already.</summary>
    public async Task StartAsync(EffectLog log, Generation candidate, CancellationToken cancellationToken) =>
        await _steps.RunAsync(SwapStep.StartCandidate, async () =>
        {
            await parts.Generations.StartAsync(log, candidate, cancellationToken);
            return $"{candidate.Name} runs {candidate.Record.Image}";
        });

    /// <summary>Makes a retired generation the candidate and brings it up; while it soaks, it runs already.</summary>
    public async Task<Generation> RecallAsync(EffectLog log, Generation retired, CancellationToken cancellationToken) =>
        await _steps.RunAsync(SwapStep.StartCandidate, async () =>
        {
            await log.DoAsync("recall", retired.Name, () =>
            {
                parts.Generations.RecordRole(retired, GenerationRole.Candidate);
                return Task.FromResult("recorded as candidate");
            });
            await parts.Generations.StartAsync(log, retired, cancellationToken);
            return (parts.Generations.FindCandidate()!, $"{retired.Name} runs {retired.Record.Image}");
        });

    /// <summary>Waits for the candidate and connects both sides.</summary>
    public async Task<(SwapSession Session, Readiness Readiness)> ConnectAsync(
        EffectLog log, Generation source, Generation candidate, CancellationToken cancellationToken)
    {
        var readiness = await _steps.RunAsync(SwapStep.AwaitReady, async () =>
        {
            var ready = await parts.Probe.WaitAsync(candidate, cancellationToken);
            return (ready, $"systemd {ready.SystemState}, libvirt {ready.Libvirt.LibvirtVersion}, QEMU {ready.Libvirt.HypervisorVersion}");
        });
        var session = new SwapSession(
            parts.Settings,
            parts.Engine,
            parts.Kernel,
            parts.Journal,
            log,
            observer,
            parts.Time,
            await OpenAsync(source, cancellationToken),
            await OpenAsync(candidate, cancellationToken),
            parts.Qmp,
            HookServer.Listen(candidate.Paths.HookSocket, message => observer.OnEvent(new SwapNotice(parts.Time.GetUtcNow(), message))));
        await CatchUpAsync(session);
        return (session, readiness);
    }

    /// <summary>Makes the plan from what both sides show now. Handover is trusted only where a canary has proven it.</summary>
    /// <param name="session">Both sides.</param>
    /// <param name="readiness">What was seen of the side that VMs go to.</param>
    /// <param name="mayFly">Whether a canary may fly for it, where none has.</param>
    /// <param name="cancellationToken">Interrupts in order.</param>
    public async Task<SwapPlan> PlanAsync(SwapSession session, Readiness readiness, bool mayFly, CancellationToken cancellationToken)
    {
        var trial = new CanaryTrial(session);
        var verdict = trial.Find();
        await AwaitJobsAsync(session, verdict, cancellationToken);
        if (mayFly && verdict.Proof == CanaryProof.Pending)
            verdict = await TryAsync(session, trial, cancellationToken);
        return await _steps.RunAsync(SwapStep.Plan, async () =>
        {
            var plan = await MakeAsync(session, verdict, cancellationToken);
            plan = plan with { Warnings = [.. readiness.FailedUnits.Select(unit => $"unit {unit} failed in {session.Target.Generation.Name}"), .. plan.Warnings] };
            observer.OnEvent(new PlanMade(parts.Time.GetUtcNow(), plan));
            return (plan, $"{plan.Moves.Count} VM(s), {plan.Blockers.Count} blocker(s)");
        });
    }

    /// <summary>Makes the plan again, without announcing it. VMs are on their way by now, so that no canary flies any more.</summary>
    public Task<SwapPlan> ReplanAsync(SwapSession session, CancellationToken cancellationToken)
    {
        var verdict = new CanaryTrial(session).Find();
        return MakeAsync(session, verdict.Proof == CanaryProof.Pending ? CanaryVerdict.NotTried : verdict, cancellationToken);
    }

    /// <summary>Jobs that run on VMs are waited for where nothing else forbids the swap: what a person has to mend is told at once.</summary>
    private async Task AwaitJobsAsync(SwapSession session, CanaryVerdict verdict, CancellationToken cancellationToken)
    {
        if (session.Settings.Migration.WaitJobs is not { Ticks: > 0 } limit)
            return;
        var plan = await MakeAsync(session, verdict, cancellationToken);
        if (plan.Blockers.Count > 0 && plan.Blockers.All(static blocker => blocker.Code is Blocker.RunningJob))
            await _steps.RunAsync(SwapStep.AwaitJobs, () => new AwaitJobsStep(session).RunAsync(limit, cancellationToken));
    }

    /// <summary>A canary flies where there is a VM that it flies for, and nothing forbids the swap.</summary>
    private async Task<CanaryVerdict> TryAsync(SwapSession session, CanaryTrial trial, CancellationToken cancellationToken)
    {
        var plan = await MakeAsync(session, CanaryVerdict.Pending, cancellationToken);
        if (plan.Blockers.Count > 0 || plan.Moves.FirstOrDefault(static move => move.Method == MoveMethod.Handover) is not { } model)
            return CanaryVerdict.Pending;
        return await _steps.RunAsync(SwapStep.Canary, async () =>
        {
            var verdict = await trial.RunAsync(model.Uuid, cancellationToken);
            return (verdict, verdict.Reason);
        });
    }

    private async Task<SwapPlan> MakeAsync(SwapSession session, CanaryVerdict verdict, CancellationToken cancellationToken)
    {
        var context = await parts.PlanReader.ReadAsync(
            (session.Source.Generation, session.Source.Libvirt), (session.Target.Generation, session.Target.Libvirt), cancellationToken);
        var noted = new AutostartNotes(parts.Journal).Wanted();
        var plan = Planner.Make(context with { Handovers = verdict.Weigh(context.Handovers) });
        if (plan.Moves.Any(static move => move.WhyNotHandedOver is not null))
            plan = plan with { Warnings = [.. plan.Warnings, $"no VM is handed over: {verdict.Reason}"] };
        return plan with { Moves = [.. plan.Moves.Select(move => move with { Autostart = move.Autostart || noted.Contains(move.Uuid) })] };
    }

    /// <summary>Either container may have been started anew since an interruption.</summary>
    private async Task CatchUpAsync(SwapSession session)
    {
        var missed = new MissedStarts(parts, session.Log, session.Notice);
        var (active, other) = session.Source.Generation.Role == GenerationRole.Active ? (session.Source, session.Target) : (session.Target, session.Source);
        await missed.CatchUpAsync(active.Generation, active.Libvirt.Domains, preferred: null);
        await missed.CatchUpAsync(other.Generation, other.Libvirt.Domains, active.Libvirt.Domains);
    }

    private async Task<SwapSide> OpenAsync(Generation generation, CancellationToken cancellationToken)
    {
        var pid = await parts.Generations.InitPidAsync(generation, cancellationToken);
        var space = parts.Kernel.PidNamespace(pid) ?? throw new EnvironmentException(
            $"{generation.Name} ended just now", "Run 'hostctl status' and look into 'docker logs'.");
        return new SwapSide(generation, parts.Connector.ConnectLibvirt(generation), pid, space);
    }
}

/// <summary>What a swap starts from.</summary>
/// <param name="Source">The active generation.</param>
/// <param name="Candidate">A candidate that is there already; null where one must be made.</param>
/// <param name="Reference">Reference of the new image.</param>
/// <param name="Image">The new image.</param>
public sealed record SwapStart(Generation Source, Generation? Candidate, string Reference, ImageDescription Image);
