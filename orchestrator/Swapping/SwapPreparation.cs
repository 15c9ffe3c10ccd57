using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Recorded;
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
    /// <exception cref="UsageException">The outer host's own libvirt holds the VMs.</exception>
    public Task<SwapStart> FindStartAsync(string? image, CancellationToken cancellationToken) => parts.Generations.FindActive() is { IsOuter: true }
        ? throw new UsageException("VMs are in the outer host's own libvirt, not in a generation", "'hostctl adopt' takes them over.")
        : FindStartAsync(image ?? parts.Settings.Image, image ?? parts.Settings.Image, cancellationToken);

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
        if (source.IsOuter || candidate.IsOuter)
            await log.DoAsync("let-through", parts.Settings.Paths.Runtime, () => Task.FromResult(GenerationDirectories.LetQemuThrough(parts.Settings.Paths, parts.Kernel)));
        await CatchUpAsync(session);
        return (session, readiness);
    }

    /// <summary>Makes the plan from what both sides show now. Handover is trusted only where a canary has proven it.</summary>
    /// <param name="session">Both sides.</param>
    /// <param name="readiness">What was seen of the side that VMs go to.</param>
    /// <param name="mayFly">Whether canaries may fly for it, where none has.</param>
    /// <param name="cancellationToken">Interrupts in order.</param>
    public async Task<SwapPlan> PlanAsync(SwapSession session, Readiness readiness, bool mayFly, CancellationToken cancellationToken)
    {
        var proofs = new CanaryProofs(session, parts.Time);
        await AwaitJobsAsync(session, proofs, cancellationToken);
        var seen = mayFly ? await TryAsync(session, proofs, cancellationToken) : null;
        return await _steps.RunAsync(SwapStep.Plan, async () =>
        {
            var context = seen ?? await ReadAsync(session, cancellationToken);
            Record(context);
            var plan = Make(context, proofs);
            plan = plan with { Warnings = [.. readiness.FailedUnits.Select(unit => $"unit {unit} failed in {session.Target.Generation.Name}"), .. plan.Warnings] };
            observer.OnEvent(new PlanMade(parts.Time.GetUtcNow(), plan));
            return (plan, $"{plan.Moves.Count} VM(s), {plan.Blockers.Count} blocker(s)");
        });
    }

    /// <summary>Makes the plan again, without announcing it. VMs are on their way by now, so that no canary flies any more.</summary>
    public async Task<SwapPlan> ReplanAsync(SwapSession session, CancellationToken cancellationToken) =>
        Make(await ReadAsync(session, cancellationToken), new CanaryProofs(session, parts.Time) { Untried = CanaryVerdict.NotTried });

    /// <summary>Jobs that run on VMs are waited for where nothing else forbids the swap: what a person has to mend is told at once.</summary>
    private async Task AwaitJobsAsync(SwapSession session, CanaryProofs proofs, CancellationToken cancellationToken)
    {
        if (session.Settings.Migration.WaitJobs is not { Ticks: > 0 } limit)
            return;
        var plan = Make(await ReadAsync(session, cancellationToken), proofs);
        if (plan.Blockers.Count > 0 && plan.Blockers.All(static blocker => blocker.Code is Blocker.RunningJob))
            await _steps.RunAsync(SwapStep.AwaitJobs, () => new AwaitJobsStep(session).RunAsync(limit, cancellationToken));
    }

    /// <summary>Canaries fly where there are VMs that they fly for, and nothing forbids the swap.</summary>
    /// <returns>What both sides show; null where canaries have flown since it was read.</returns>
    private async Task<PlanContext?> TryAsync(SwapSession session, CanaryProofs proofs, CancellationToken cancellationToken)
    {
        var context = await ReadAsync(session, cancellationToken);
        var plan = Make(context, proofs);
        var wishes = proofs.Wanted(context, plan.Moves);
        if (plan.Blockers.Count > 0 || wishes.Count == 0)
            return context;
        // Their RAM is a file on the memory mount, also where that of the VMs is none.
        if (new[] { context.Source, context.Target }.FirstOrDefault(static side => side.MissingMounts.Count > 0) is { } blind)
        {
            proofs.Ground(wishes, $"{blind.Generation.Name} does not see {string.Join(" and ", blind.MissingMounts)}");
            return context;
        }

        await _steps.RunAsync(SwapStep.Canary, async () =>
        {
            await proofs.FlyAsync(wishes, cancellationToken);
            return string.Join("; ", wishes.Select(wish => $"{wish.Pair.Words}: {proofs.InWords(wish)}"));
        });
        return null;
    }

    private Task<PlanContext> ReadAsync(SwapSession session, CancellationToken cancellationToken) => parts.PlanReader.ReadAsync(
        (session.Source.Generation, session.Source.Libvirt), (session.Target.Generation, session.Target.Libvirt), cancellationToken);

    private SwapPlan Make(PlanContext context, CanaryProofs proofs)
    {
        var noted = new AutostartNotes(parts.Journal).Wanted();
        var plan = Planner.Make(proofs.Weigh(context));
        return plan with
        {
            Moves = [.. plan.Moves.Select(move => move with { Autostart = move.Autostart || noted.Contains(move.Uuid) })],
            Warnings = [.. plan.Warnings, .. NotHandedOver(plan), .. proofs.Warnings(context), .. parts.Holds.All().Select(HeldException.Warning)],
        };
    }

    /// <summary>Quick plans are a convenience: a disk that is full fails no swap for their sake.</summary>
    private void Record(PlanContext context)
    {
        try
        {
            new CapabilityRecords(parts.Settings.Paths.Capabilities, parts.Kernel, parts.Time).Keep(context);
        }
        catch (EnvironmentException exception)
        {
            observer.OnEvent(new SwapNotice(parts.Time.GetUtcNow(), $"what both sides can give VMs is not recorded for quick plans: {exception.Message}"));
        }
    }

    private static IEnumerable<string> NotHandedOver(SwapPlan plan)
    {
        var running = plan.Moves.Count(static move => move.Method != MoveMethod.Define);
        foreach (var group in plan.Moves.Where(static move => move.WhyNotHandedOver is not null).GroupBy(static move => move.WhyNotHandedOver!, StringComparer.Ordinal))
        {
            var names = group.Select(static move => move.Name).ToList();
            yield return names.Count == running ? $"no VM is handed over: {group.Key}" : $"{string.Join(", ", names)}: not handed over: {group.Key}";
        }
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
