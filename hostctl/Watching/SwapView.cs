using System.Collections.Immutable;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;

namespace HostSwap.Hostctl.Watching;

/// <summary>
/// What a swap looks like at one moment, computed from its events alone. It knows nothing of terminals, and applying
/// an event gives a new one, so that a drawing thread can keep hold of an old one.
/// </summary>
internal sealed record SwapView
{
    /// <summary>The view before the first event.</summary>
    public static SwapView Empty { get; } = new();

    /// <summary>The swap's number, once it has one.</summary>
    public long? Operation { get; private init; }

    /// <summary>The generation that is active when it begins.</summary>
    public int? From { get; private init; }

    /// <summary>The candidate, once it is known.</summary>
    public int? To { get; private init; }

    /// <summary>The new image.</summary>
    public string? Image { get; private init; }

    /// <summary>When the first event came.</summary>
    public DateTimeOffset? StartedAt { get; private init; }

    /// <summary>The steps that have begun, in order.</summary>
    public ImmutableList<StepView> Steps { get; private init; } = [];

    /// <summary>The VMs, in the order of the plan.</summary>
    public ImmutableList<VmView> Vms { get; private init; } = [];

    /// <summary>How it ended; null while it goes on.</summary>
    public SwapResult? Result { get; private init; }

    /// <summary>The step that goes on now; null between steps.</summary>
    public StepView? CurrentStep => Steps.LastOrDefault(step => step.Elapsed is null);

    /// <summary>How many VMs have arrived.</summary>
    public int Arrived => Vms.Count(vm => vm.IsArrived);

    /// <summary>The view after one more event.</summary>
    public SwapView Apply(SwapEvent swapEvent)
    {
        var view = StartedAt is null ? this with { StartedAt = swapEvent.At } : this;
        return swapEvent switch
        {
            SwapStarted e => view with { Operation = e.Operation, From = e.From, Image = e.Image },
            StepStarted e => view with { Steps = view.Steps.Add(new StepView(e.Step, e.At, null, null, "")) },
            StepFinished e => view.FinishStep(e),
            PlanMade e => view.WithPlan(e.Plan),
            MoveChanged e => view.WithVm(e.Uuid, e.Name, e.Method, vm => vm.Change(e)),
            MoveProgress e => view.WithVm(e.Uuid, e.Name, MoveMethod.Copy, vm => vm.Progress(e)),
            MoveClimbed e => view.WithVm(e.Uuid, e.Name, MoveMethod.Copy, vm => vm with { Rung = e.Rung }),
            SwapFinished e => view.Finish(e.Result),
            _ => view,
        };
    }

    private SwapView FinishStep(StepFinished e)
    {
        var index = Steps.FindLastIndex(step => step.Step == e.Step);
        var begun = index < 0 ? new StepView(e.Step, e.At - e.Elapsed, null, null, "") : Steps[index];
        var ended = begun with { Elapsed = e.Elapsed, Succeeded = e.Succeeded, Observed = e.Observed };
        return this with { Steps = index < 0 ? Steps.Add(ended) : Steps.SetItem(index, ended) };
    }

    private SwapView WithPlan(SwapPlan plan)
    {
        var planned = this with { From = plan.From, To = plan.Candidate ?? To, Image = plan.Image };
        foreach (var move in plan.Moves.OrderBy(move => move.Order))
            planned = planned.WithVm(move.Uuid, move.Name, move.Method, vm => vm with { Method = move.Method });
        return planned;
    }

    private SwapView WithVm(Guid uuid, string name, MoveMethod method, Func<VmView, VmView> change)
    {
        var index = Vms.FindIndex(vm => vm.Uuid == uuid);
        return index < 0
            ? this with { Vms = Vms.Add(change(new VmView(uuid, name, method))) }
            : this with { Vms = Vms.SetItem(index, change(Vms[index])) };
    }

    private SwapView Finish(SwapResult result)
    {
        var finished = this with { Result = result, Operation = result.Operation ?? Operation };
        foreach (var outcome in result.Moves)
            finished = finished.WithVm(outcome.Uuid, outcome.Name, outcome.Method, vm => vm.Finish(outcome));
        return finished;
    }
}

/// <summary>One step of the swap.</summary>
/// <param name="Step">Which.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="Elapsed">How long it took; null while it goes on.</param>
/// <param name="Succeeded">How it ended; null while it goes on.</param>
/// <param name="Observed">What was observed at its end.</param>
internal sealed record StepView(
    SwapStep Step, DateTimeOffset StartedAt, TimeSpan? Elapsed, bool? Succeeded, string Observed);
