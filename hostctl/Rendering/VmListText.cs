using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Preparing;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary><c>vm list</c> for people.</summary>
internal static class VmListText
{
    /// <summary>Writes the VMs, and what keeps prepared ones, or those that cannot be, from being handed over.</summary>
    public static void Write(IAnsiConsole console, IReadOnlyList<VmStatus> vms, IReadOnlyDictionary<VmPlace, HandoverReadiness> handover)
    {
        StatusText.WriteVms(console, vms, vm => Find(vm) is { } readiness ? Layout.Cell(Word(readiness.Stage), ToneOf(readiness.Stage)) : Layout.Cell("?"));
        console.List(
            "Handover is not possible:",
            [
                .. vms.Select(vm => (vm.Name, Readiness: Find(vm)))
                    .Where(vm => vm.Readiness?.Stage is HandoverStage.Impossible or HandoverStage.Unavailable)
                    .Select(vm => $"{SafeText.Name(vm.Name)}: {vm.Readiness!.Reason}"),
            ]);

        HandoverReadiness? Find(VmStatus vm) => handover.GetValueOrDefault(new VmPlace(vm.Generation, vm.Uuid));
    }

    private static string Word(HandoverStage stage) => stage switch
    {
        HandoverStage.Ready => "ready",
        HandoverStage.AfterColdStart => "after cold start",
        HandoverStage.NotPrepared => "not prepared",
        HandoverStage.Impossible => "impossible",
        _ => "unavailable",
    };

    private static Tone ToneOf(HandoverStage stage) => stage switch
    {
        HandoverStage.Ready => Tone.Good,
        HandoverStage.NotPrepared => Tone.Faint,
        _ => Tone.Doubtful,
    };
}
