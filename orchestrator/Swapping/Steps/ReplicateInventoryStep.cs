using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Orchestrator.Swapping.Steps;

/// <summary>Writes down what the old side holds, and has the new one have all of it that is no VM.</summary>
internal static class ReplicateInventoryStep
{
    public static async Task<string> RunAsync(SwapSession session, ObjectCarrier carrier, CancellationToken cancellationToken)
    {
        // A candidate that VMs return from is put away, and a retired one has its record.
        if (session.Source.Generation.Role == GenerationRole.Active)
            await RememberAsync(session, cancellationToken);
        if (session.Source.Generation is { IsOuter: true, Role: GenerationRole.Active })
            await AdoptedRecord.WriteAsync(session, cancellationToken);
        return await carrier.RunAsync(cancellationToken) + await new OperatorFiles(session).RunAsync(isFresh: true, cancellationToken);
    }

    /// <summary>A swap that continues finds only a part of the VMs still here; what was written of the others stays true.</summary>
    private static async Task RememberAsync(SwapSession session, CancellationToken cancellationToken)
    {
        var (source, target) = (session.Source, session.Target);
        var now = await HostReader.ReadAsync(source.Libvirt, source.Generation.Paths, session.Time.GetUtcNow(), cancellationToken);
        var there = (await target.Libvirt.Domains.ListAsync(cancellationToken)).Select(static domain => domain.Uuid).ToHashSet();
        var crossed = LeftContents.Read(source.Generation.Paths)?.Machines
            .Where(machine => there.Contains(machine.Uuid) && !now.Machines.Any(here => here.Uuid == machine.Uuid)) ?? [];
        LeftContents.Write(source.Generation.Paths, now with
        {
            Machines = [.. now.Machines, .. crossed],
            Files = OperatorFile.ReadAll(source.InitPid, session.Settings.Carry.All),
        });
    }
}
