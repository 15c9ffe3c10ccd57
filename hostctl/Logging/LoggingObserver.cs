using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Swapping;
using Serilog;
using Serilog.Events;

namespace HostSwap.Hostctl.Logging;

/// <summary>Writes the events of a swap to the log.</summary>
internal sealed class LoggingObserver(ILogger log) : ISwapObserver
{
    /// <inheritdoc/>
    public void OnEvent(SwapEvent swapEvent)
    {
        switch (swapEvent)
        {
            case SwapStarted e:
                log.Information("{Operation} from generation {Generation} to image {Image} begun", e.Kind, e.From, e.Image);
                break;
            case StepStarted e:
                log.Debug("Step {Step} begun", Words.Of(e.Step));
                break;
            case StepFinished e:
                log.Write(
                    e.Succeeded ? LogEventLevel.Information : LogEventLevel.Error,
                    "Step {Step} ended after {ElapsedMs} ms: {Observed}",
                    Words.Of(e.Step), (long)e.Elapsed.TotalMilliseconds, e.Observed);
                break;
            case PlanMade e:
                log.Information(
                    "Plan of {MoveCount} moves with {BlockerCount} blockers: {Blockers}",
                    e.Plan.Moves.Count, e.Plan.Blockers.Count,
                    string.Join("; ", e.Plan.Blockers.Select(blocker => $"{blocker.Code} {blocker.Subject}: {blocker.Problem}")));
                break;
            case MoveChanged e:
                OfVm(e.Uuid, e.Name).Write(
                    LevelOf(e.State), "VM {VmName} is {MoveState} by {Method}: {Reason}",
                    e.Name, Words.Of(e.State), Words.Of(e.Method), e.Reason);
                break;
            case MoveClimbed e:
                OfVm(e.Uuid, e.Name).Warning("VM {VmName} climbs to {Rung}: {Reason}", e.Name, Words.Of(e.Rung), e.Reason);
                break;
            case MoveProgress e:
                OfVm(e.Uuid, e.Name).Debug(
                    "VM {VmName} has {RemainingBytes} bytes remaining at {BytesPerSecond} bytes/s, dirtying {DirtyBytesPerSecond} bytes/s",
                    e.Name, e.BytesRemaining, e.BytesPerSecond, e.DirtyBytesPerSecond);
                break;
            case Reconciled e:
                foreach (var vm in e.Vms)
                {
                    OfVm(vm.Uuid, vm.Name).Write(
                        vm.Verdict is Verdict.Refuse or Verdict.Lost or Verdict.Broken or Verdict.Spent ? LogEventLevel.Error : LogEventLevel.Information,
                        "VM {VmName} after the interruption: {Verdict} ({Seen})", vm.Name, Words.Of(vm.Verdict), vm.Seen);
                }

                break;
            case SwapNotice e:
                log.Warning("{Notice}", e.Message);
                break;
            case SwapFinished e:
                log.Write(
                    e.Result.Result is OperationResult.Done or OperationResult.NothingToDo or OperationResult.Declined
                        ? LogEventLevel.Information
                        : LogEventLevel.Error,
                    "Swap ended {Result} after {ElapsedMs} ms: {Summary}",
                    Words.Of(e.Result.Result), (long)e.Result.Elapsed.TotalMilliseconds, e.Result.Summary);
                break;
        }
    }

    private ILogger OfVm(Guid uuid, string name) => log.ForContext("Vm", uuid).ForContext("VmName", name);

    private static LogEventLevel LevelOf(MoveState state) => state switch
    {
        MoveState.Lost => LogEventLevel.Error,
        MoveState.Returned or MoveState.Left => LogEventLevel.Warning,
        _ => LogEventLevel.Information,
    };
}
