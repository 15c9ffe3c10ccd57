using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.Orchestrator.Verifying.Checks;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>Looks at both sides as a whole before the candidate becomes the active generation.</summary>
internal static class VerifyStep
{
    public static async Task<string> RunAsync(SwapSession session, ObjectCarrier carrier, IReadOnlyList<MoveOutcome> moves, OuterHostParts parts, Readiness ready)
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

        if (problems.Count > 0)
            throw new StepFailedException(problems);

        // What somebody has defined or changed on the old side meanwhile belongs to the new one as well.
        var carried = await WhySilentAsync(session) is { } silent
            ? $"what was defined in {session.Source.Generation.Name} meanwhile is not known: {silent}"
            : await carrier.RunAsync(CancellationToken.None) + await new OperatorFiles(session).RunAsync(isFresh: false, CancellationToken.None);
        foreach (var difference in await DifferencesAsync(session))
            session.Notice($"{difference.Subject} is not as it was before the swap: {difference.What} ('hostctl diff' shows more)");

        if (FreeMemory.Look(session.Kernel, session.Settings) is { Status: HealthStatus.Warning } memory)
            session.Notice(memory.Message);

        return $"{moves.Count} VM(s) on the new side alone; {carried}; systemd is {status.State}";
    }

    /// <summary>The old side holds nothing any more: that its libvirt does not answer is no reason to fail now.</summary>
    private static async Task<string?> WhySilentAsync(SwapSession session)
    {
        if (!session.Source.IsAlive(session.Kernel))
            return "it has ended";
        try
        {
            await session.Source.Libvirt.ReadVersionsAsync(CancellationToken.None);
            return null;
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            session.Notice($"{session.Source.Generation.Name} does not answer any more: {exception.Message}");
            return exception.Message;
        }
    }

    /// <summary>
    /// Compares the VMs that have crossed with what they were: a change is no failure, since guests and people may make one
    /// at any time. That VMs do not start by themselves yet is part of a swap.
    /// </summary>
    private static async Task<IReadOnlyList<HostDifference>> DifferencesAsync(SwapSession session)
    {
        if (session.Source.Generation.Role != GenerationRole.Active || LeftContents.Read(session.Source.Generation.Paths) is not { } before)
            return [];
        var there = (await HostReader.ReadMachinesAsync(session.Target.Libvirt.Domains, session.Target.Generation.Paths, CancellationToken.None)).ToDictionary(static machine => machine.Uuid);
        var crossed = before.Machines.Where(machine => there.ContainsKey(machine.Uuid)).ToList();
        return HostComparison.Compare(crossed, [.. crossed.Select(machine => there[machine.Uuid] with { Autostart = machine.Autostart })]);
    }
}
