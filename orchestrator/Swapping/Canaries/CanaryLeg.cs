using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// One way of a canary's flight: it gets a pattern into its RAM, is moved by the very code that moves VMs, and looked at on the
/// other side.
/// </summary>
/// <param name="session">The side that it leaves, and the one that it goes to.</param>
internal sealed class CanaryLeg(SwapSession session)
{
    private readonly Fence _fence = new(session);
    private readonly LiveMigration _migration = new(session);

    /// <summary>Has it ready to be moved: it runs, its RAM is one file of the shared memory mount, and a pattern is in it.</summary>
    /// <exception cref="Errors.HostSwapException">Something is wrong with it.</exception>
    public async Task<CanaryReady> PrepareAsync(Guid uuid)
    {
        var canary = await LookAsync(session.Source, uuid);
        var pattern = new CanaryPattern();
        await session.Log.DoAsync("canary-pattern", uuid.ToString(), () =>
        {
            pattern.Write(Outside(canary), new MemoryMount(session.Settings, session.Kernel).Find()?.PageSizeBytes is not null);
            return Task.FromResult($"written into {canary.Ram.Path}");
        });
        return new CanaryReady(canary, pattern);
    }

    /// <summary>Moves it, and sees that it lives on the other side alone with what was in its RAM.</summary>
    /// <param name="method">How it is moved.</param>
    /// <param name="ready">The canary.</param>
    /// <param name="stop">Interrupts in order.</param>
    /// <exception cref="Errors.HostSwapException">It was not moved, or something is wrong with it.</exception>
    public async Task MoveAsync(MoveMethod method, CanaryReady ready, CancellationToken stop)
    {
        var canary = ready.Canary;
        var domain = canary.Domain;
        var move = new PlannedMove(
            1, domain.Uuid, domain.Name, domain.State, domain.Persistent, Autostart: false, method, "a canary goes before the VMs", canary.Definition.MemoryBytes);
        var version = (await session.Source.Libvirt.ReadVersionsAsync(stop)).Libvirt;
        await session.Log.DoAsync("canary-move", domain.Uuid.ToString(), async () =>
        {
            await using var handover = method == MoveMethod.Handover ? await OpenAsync(move, canary.Definition) : null;
            var end = handover is null ? await MigrateAsync(MigrationArrival.Copied) : await handover.RunAsync(MigrateAsync, domain);
            var seen = await _fence.SettleAsync(domain.Uuid, domain.Name);
            var leftover = handover is null ? null : await handover.CleanUpAsync();
            if ((handover?.Refusal ?? end.Failure ?? leftover) is { } why)
                throw new CanaryFailedException(why);
            return seen is { Owner: Owner.Target, Source: { Domain: null, QemuProcesses.Count: 0 } }
                ? $"{(handover is null ? "copied" : "handed over")}: {seen.InWords}"
                : throw new CanaryFailedException($"libvirt reported success, and it is not on the other side alone ({seen.InWords})");
        });
        Compare(method, canary, await LookAsync(session.Target, domain.Uuid), ready.Pattern);

        Task<MigrationEnd> MigrateAsync(MigrationArrival arrival) => _migration.RunAsync(move, domain, version, arrival, stop);
    }

    private async Task<HandoverMove> OpenAsync(PlannedMove move, VmDefinition definition)
    {
        var (handover, reason) = await HandoverMove.OpenAsync(session, move, definition);
        return handover ?? throw new CanaryFailedException(reason);
    }

    private async Task<Canary> LookAsync(SwapSide side, Guid uuid)
    {
        var domain = await side.Libvirt.Domains.FindAsync(uuid, CancellationToken.None);
        if (domain is not { State: DomainState.Running or DomainState.Blocked })
            throw new CanaryFailedException($"it is {(domain is null ? "gone" : domain.State)} in {side.Generation.Name} instead of running");

        var definition = DomainXmlReader.Read(await side.Libvirt.Domains.GetXmlAsync(uuid, DomainXml.Live, CancellationToken.None));
        var (ram, reason) = SourceRam.Look(session.Kernel, (side.Generation, side.InitPid, side.PidNamespace), session.Target.InitPid, uuid, definition);
        return ram switch
        {
            { Ram: [var file] } => new Canary(domain, definition, file),
            null => throw new CanaryFailedException($"in {side.Generation.Name} {reason}"),
            _ => throw new CanaryFailedException($"in {side.Generation.Name} it has {ram.Ram.Count} RAM files"),
        };
    }

    /// <summary>Its RAM is the same file where it was handed over and another one where it was copied, and holds what it held.</summary>
    private void Compare(MoveMethod method, Canary before, Canary after, CanaryPattern pattern)
    {
        var same = (after.Ram.Device, after.Ram.Inode) == (before.Ram.Device, before.Ram.Inode);
        if (same != (method == MoveMethod.Handover))
            throw new CanaryFailedException($"its RAM is {(same ? "the same file" : "another file")} afterwards: {after.Ram.Path}, inode {after.Ram.Inode}");
        if (!pattern.IsIn(Outside(after)))
            throw new CanaryFailedException("what was in its RAM before is not in it any more");
    }

    /// <summary>The shared memory mount is at another place on the outer host.</summary>
    private string Outside(Canary canary) => Path.Join(session.Settings.Paths.Memory, canary.Ram.Path[HostImageContract.Memory.Length..]);
}

/// <summary>A canary as it is on one side.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Definition">Its live definition.</param>
/// <param name="Ram">The file that is its RAM.</param>
internal sealed record Canary(DomainRecord Domain, VmDefinition Definition, Procfs.MappedFile Ram);

/// <summary>A canary that is ready to be moved.</summary>
/// <param name="Canary">The canary.</param>
/// <param name="Pattern">What is in its RAM.</param>
internal sealed record CanaryReady(Canary Canary, CanaryPattern Pattern);
