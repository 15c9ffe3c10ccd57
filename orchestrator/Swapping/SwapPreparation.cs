using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// The part that <c>plan</c> and <c>swap</c> share, and that touches no VM: a candidate is started from the new image
/// and asked what it can take.
/// </summary>
public sealed class SwapPreparation(OuterHostParts parts, ISwapObserver observer)
{
    private readonly StepRecorder _steps = new(observer, parts.Time);

    /// <summary>Finds what a swap would start from.</summary>
    /// <exception cref="EnvironmentException">Nothing is active, the image is unusable, or an unfinished swap has another image.</exception>
    public async Task<SwapStart> FindStartAsync(string? image, CancellationToken cancellationToken)
    {
        var source = parts.Generations.Active();
        var candidate = parts.Generations.FindCandidate();
        var reference = image ?? parts.Settings.Image;
        var description = await parts.Generations.FindHostImageAsync(reference, cancellationToken);
        if (candidate is null || string.Equals(candidate.Record.ImageId, description.Id, StringComparison.Ordinal))
            return new SwapStart(source, candidate, reference, description);

        var held = await parts.Contents.FindAsync(candidate, cancellationToken);
        return held.Count == 0
            ? new SwapStart(source, candidate, reference, description)
            : throw new EnvironmentException(
                $"an unfinished swap to {candidate.Record.Image} has VMs in {candidate.Name} already: {string.Join(", ", held)}",
                $"Finish it first: 'hostctl swap --image {candidate.Record.Image}'.");
    }

    /// <summary>Brings the candidate up; one that a dead hostctl left behind is used, or removed where it is of another image.</summary>
    public async Task<Generation> StartCandidateAsync(EffectLog log, SwapStart start, CancellationToken cancellationToken) =>
        await _steps.RunAsync(SwapStep.StartCandidate, async () =>
        {
            var candidate = start.Candidate;
            if (candidate is not null && !string.Equals(candidate.Record.ImageId, start.Image.Id, StringComparison.Ordinal))
            {
                await parts.Generations.RemoveAsync(log, candidate, cancellationToken);
                candidate = null;
            }

            candidate ??= await parts.Generations.CreateAsync(log, GenerationRole.Candidate, start.Reference, start.Image, cancellationToken);
            await parts.Generations.StartAsync(log, candidate, cancellationToken);
            return (candidate, $"{candidate.Name} runs {start.Reference}");
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
            await OpenAsync(candidate, cancellationToken));
        return (session, readiness);
    }

    /// <summary>Makes the plan from what both sides show now.</summary>
    public async Task<SwapPlan> PlanAsync(SwapSession session, Readiness readiness, CancellationToken cancellationToken) =>
        await _steps.RunAsync(SwapStep.Plan, async () =>
        {
            var plan = await ReplanAsync(session, cancellationToken);
            plan = plan with { Warnings = [.. readiness.FailedUnits.Select(unit => $"unit {unit} failed in {session.Target.Generation.Name}"), .. plan.Warnings] };
            observer.OnEvent(new PlanMade(parts.Time.GetUtcNow(), plan));
            return (plan, $"{plan.Moves.Count} VM(s), {plan.Blockers.Count} blocker(s)");
        });

    /// <summary>Makes the plan again, without announcing it.</summary>
    public async Task<SwapPlan> ReplanAsync(SwapSession session, CancellationToken cancellationToken)
    {
        var context = await parts.PlanReader.ReadAsync(
            (session.Source.Generation, session.Source.Libvirt), (session.Target.Generation, session.Target.Libvirt), cancellationToken);
        return Planner.Make(context);
    }

    /// <summary>Removes a candidate that holds nothing; says so and keeps it where it holds something.</summary>
    /// <returns>Whether it is gone.</returns>
    public async Task<bool> DiscardAsync(EffectLog log, Generation candidate)
    {
        // The operator's Ctrl-C must not leave an orphan container behind, so this is not cancelled.
        if ((await parts.Contents.FindAsync(candidate, CancellationToken.None)).Count > 0)
            return false;

        await parts.Generations.RemoveAsync(log, candidate, CancellationToken.None);
        return true;
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
