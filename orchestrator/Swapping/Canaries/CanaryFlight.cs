using System.Security.Cryptography;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Handover;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Planning;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// One canary from its start to its end: it is started in the old generation, gets a pattern into its RAM, is moved by the
/// very code that moves VMs, looked at in the new one, and ended, whatever happened.
/// </summary>
internal sealed class CanaryFlight(SwapSession session)
{
    private readonly CanaryEnding _ending = new(session.Log, session.Kernel, session.Time);
    private readonly Fence _fence = new(session);
    private readonly LiveMigration _migration = new(session);

    private long? PageSize => new MemoryMount(session.Settings, session.Kernel).Find()?.PageSizeBytes;

    /// <summary>Flies.</summary>
    /// <param name="method">How it is moved.</param>
    /// <param name="modelXml">Live XML of a VM that is to be moved.</param>
    /// <param name="version">The source's libvirt.</param>
    /// <param name="stop">Interrupts in order.</param>
    /// <exception cref="HostSwapException">Something was wrong with it, or it does not end.</exception>
    public async Task RunAsync(MoveMethod method, string modelXml, Version version, CancellationToken stop)
    {
        var uuid = Guid.NewGuid();
        var xml = CanaryDefinition.Make(modelXml, await NameAsync(stop), uuid, Math.Max(CanaryDefinition.MemoryBytes, PageSize ?? 0));
        stop.ThrowIfCancellationRequested();
        try
        {
            await StartAsync(xml, uuid);
            var canary = await LookAsync(session.Source, uuid);
            var pattern = await WriteAsync(canary);
            await MoveAsync(method, canary, version, stop);
            Compare(method, canary, await LookAsync(session.Target, uuid), pattern);
        }
        finally
        {
            var (source, target) = (session.Source.Live, session.Target.Live);
            await _ending.EndAsync([source, target], uuid);
            await _ending.RemoveRamAsync(source);
            await _ending.RemoveRamAsync(target);
        }
    }

    /// <summary>A customer's VM may have the name. libvirt keeps 20 characters of it in the place of RAM files.</summary>
    private async Task<string> NameAsync(CancellationToken cancellationToken)
    {
        var taken = new HashSet<string>(StringComparer.Ordinal);
        foreach (var side in new[] { session.Source, session.Target })
            taken.UnionWith((await side.Libvirt.Domains.ListAsync(cancellationToken)).Select(static domain => domain.Name));
        var name = CanaryMark.Name;
        while (taken.Contains(name))
            name = $"{CanaryMark.Name}-{RandomNumberGenerator.GetHexString(4, lowercase: true)}";
        return name;
    }

    private Task StartAsync(string xml, Guid uuid) => session.Log.DoAsync("canary-start", uuid.ToString(), async () =>
    {
        await session.Source.Libvirt.Domains.CreateAsync(xml, CancellationToken.None);
        return $"it runs in {session.Source.Generation.Name}";
    });

    /// <summary>It runs, and its RAM is one file of the shared memory mount.</summary>
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

    private async Task<CanaryPattern> WriteAsync(Canary canary)
    {
        var pattern = new CanaryPattern();
        await session.Log.DoAsync("canary-pattern", canary.Domain.Uuid.ToString(), () =>
        {
            pattern.Write(Outside(canary), PageSize is not null);
            return Task.FromResult($"written into {canary.Ram.Path}");
        });
        return pattern;
    }

    private Task MoveAsync(MoveMethod method, Canary canary, Version version, CancellationToken stop)
    {
        var domain = canary.Domain;
        var move = new PlannedMove(
            1, domain.Uuid, domain.Name, domain.State, domain.Persistent, Autostart: false, method, "a canary goes before the VMs", canary.Definition.MemoryBytes);
        return session.Log.DoAsync("canary-move", domain.Uuid.ToString(), async () =>
        {
            await using var handover = method == MoveMethod.Handover ? await OpenAsync(move, canary.Definition) : null;
            var end = handover is null ? await MigrateAsync(MigrationArrival.Copied) : await handover.RunAsync(MigrateAsync, domain);
            var seen = await _fence.SettleAsync(domain.Uuid, domain.Name);
            var leftover = handover is null ? null : await handover.CleanUpAsync();
            if ((handover?.Refusal ?? end.Failure ?? leftover) is { } why)
                throw new CanaryFailedException(why);
            return seen is { Owner: Owner.Target, Source: { Domain: null, QemuProcesses.Count: 0 } }
                ? seen.InWords
                : throw new CanaryFailedException($"libvirt reported success, and it is not on the new side alone ({seen.InWords})");
        });

        Task<MigrationEnd> MigrateAsync(MigrationArrival arrival) => _migration.RunAsync(move, domain, version, arrival, stop);
    }

    private async Task<HandoverMove> OpenAsync(PlannedMove move, VmDefinition definition)
    {
        var (handover, reason) = await HandoverMove.OpenAsync(session, move, definition);
        return handover ?? throw new CanaryFailedException(reason);
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

    /// <summary>A canary as it is on one side.</summary>
    private sealed record Canary(DomainRecord Domain, VmDefinition Definition, Procfs.MappedFile Ram);
}
