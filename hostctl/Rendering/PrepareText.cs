using HostSwap.Orchestrator.Preparing;
using Spectre.Console;

namespace HostSwap.Hostctl.Rendering;

/// <summary><c>vm prepare</c> and <c>vm unprepare</c> for people.</summary>
internal static class PrepareText
{
    /// <summary>Writes what became of each VM, with the changes, and the sum.</summary>
    public static void Write(IAnsiConsole console, PrepareReport report)
    {
        if (report.Vms.Count == 0)
        {
            console.Line("There are no VMs.");
            return;
        }

        foreach (var vm in report.Vms) Write(console, report.Request, vm);
        var changed = report.Count(PrepareOutcome.Changed);
        console.Line(
            $"{Format.Count(report.Vms.Count, "VM")}: {changed} {(report.Request.DryRun ? "to be changed" : "changed")}, "
            + $"{report.Count(PrepareOutcome.Unchanged)} as they should be, {report.Count(PrepareOutcome.Refused)} refused.",
            report.Count(PrepareOutcome.Refused) > 0 ? Tone.Doubtful : Tone.Good);
        if (report.Operation is { } operation) console.Line($"Recorded as operation {operation}.");
    }

    private static void Write(IAnsiConsole console, PrepareRequest request, PreparedVm vm)
    {
        var name = SafeText.Name(vm.Name);
        switch (vm.Outcome)
        {
            case PrepareOutcome.Refused:
                console.List($"{name}: refused", [.. vm.Refusals.Select(refusal => $"{refusal.Problem}. {refusal.Fix}")], Tone.Bad);
                break;
            case PrepareOutcome.Unchanged:
                console.Line($"{name}: nothing to change");
                break;
            default:
                console.Line($"{name}: {(request.DryRun ? "would be changed" : "changed")}{When(request, vm)}", Tone.Strong);
                console.Diff(vm.Diff);
                break;
        }
    }

    private static string When(PrepareRequest request, PreparedVm vm) => (vm.Running, request.Undo) switch
    {
        (false, _) => "",
        (true, false) => "; it runs, and is ready after it has been shut down and started",
        (true, true) => "; it runs as it was started until it has been shut down and started",
    };
}
