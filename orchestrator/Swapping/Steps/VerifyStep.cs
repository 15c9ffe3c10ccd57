using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.Orchestrator.Verifying.Checks;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>Looks at both sides as a whole before the candidate becomes the active generation.</summary>
internal static class VerifyStep
{
    public static async Task<string> RunAsync(SwapSession session, IReadOnlyList<MoveOutcome> moves, OuterHostParts parts, Readiness ready)
    {
        var problems = new List<string>();
        var there = (await session.Target.Libvirt.Domains.ListVmsAsync(CancellationToken.None)).ToDictionary(domain => domain.Uuid);
        foreach (var move in moves.Where(move => !there.ContainsKey(move.Uuid)))
            problems.Add($"{move.Name} is not in {session.Target.Generation.Name}");

        foreach (var held in await new LeftCanaries(parts, session.Log).HeldAsync(session.Source.Generation))
            problems.Add($"{session.Source.Generation.Name} still holds {held}");

        await using var systemd = parts.Connector.ConnectSystemd(session.Target.Generation);
        var status = await systemd.GetStatusAsync(CancellationToken.None);
        foreach (var unit in status.FailedUnits.Except(ready.FailedUnits, StringComparer.Ordinal))
            problems.Add($"unit {unit} failed in {session.Target.Generation.Name} during the swap");

        if (FreeMemory.Look(session.Kernel, session.Settings) is { Status: HealthStatus.Warning } memory)
            session.Notice(memory.Message);

        return problems.Count == 0
            ? $"{moves.Count} VM(s) on the new side alone; systemd is {status.State}"
            : throw new StepFailedException(problems);
    }
}
