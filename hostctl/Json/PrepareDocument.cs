using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Preparing;

namespace HostSwap.Hostctl.Json;

/// <summary><c>hostctl vm prepare --format json</c> and <c>hostctl vm unprepare --format json</c>.</summary>
/// <param name="Schema"><c>hostswap/vm-prepare/1</c> or <c>hostswap/vm-unprepare/1</c>.</param>
/// <param name="DryRun">Whether nothing was changed, only shown.</param>
/// <param name="Operation">The number under which it was recorded; absent where nothing was changed.</param>
/// <param name="Vms">What became of each VM.</param>
internal sealed record PrepareDocument(string Schema, bool DryRun, long? Operation, IReadOnlyList<PreparedVmDto> Vms)
{
    /// <summary>Maps the orchestrator's report.</summary>
    public static PrepareDocument From(PrepareReport report) => new(
        report.Request.Undo ? "hostswap/vm-unprepare/1" : "hostswap/vm-prepare/1",
        report.Request.DryRun,
        report.Operation,
        [.. report.Vms.Select(PreparedVmDto.From)]);
}

/// <summary>One VM.</summary>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="Uuid">Its UUID.</param>
/// <param name="Running">Whether it runs: then a change takes effect at its next cold start.</param>
/// <param name="Outcome"><c>changed</c> (on a dry run: would be), <c>unchanged</c> or <c>refused</c>.</param>
/// <param name="Refusals">Why it was refused; absent otherwise.</param>
/// <param name="Diff">The change of its persistent definition as a unified diff; absent where there is none.</param>
internal sealed record PreparedVmDto(
    string Name, Guid Uuid, bool Running, string Outcome, IReadOnlyList<RefusalDto>? Refusals, string? Diff)
{
    /// <summary>Maps the orchestrator's VM.</summary>
    public static PreparedVmDto From(PreparedVm vm) => new(
        vm.Name,
        vm.Uuid,
        vm.Running,
        Words.Of(vm.Outcome),
        vm.Refusals.Count == 0 ? null : [.. vm.Refusals.Select(refusal => new RefusalDto(refusal.Code, refusal.Problem, refusal.Fix))],
        vm.Diff.Length == 0 ? null : vm.Diff);
}

/// <summary>One reason against handover.</summary>
/// <param name="Code">Its stable name.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record RefusalDto(string Code, string Problem, string Fix);
