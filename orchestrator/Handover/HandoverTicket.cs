using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Handover;

/// <summary>
/// Leave for one VM to be handed over, and what is done when the new side's libvirt asks through its hook: the RAM files
/// get their second name before QEMU starts, and once it has, it is seen that they are what it maps. Only then do both
/// QEMUs leave RAM out of the stream. With a wrong or fresh file the migration would report success, and the guest's RAM
/// would be all zeros; that look is the only guard.
/// </summary>
internal sealed class HandoverTicket(
    Guid uuid,
    SourceRam facts,
    IQmpMonitor source,
    (Generation Generation, string PidNamespace) target,
    HostSwapPaths paths,
    IOuterKernel kernel,
    IQmpConnector connector,
    SwitchoverTurn turn) : IHandoverTicket, IAsyncDisposable
{
    private readonly TaskCompletionSource<IQmpMonitor> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <inheritdoc/>
    public Guid Uuid => uuid;

    /// <summary>Why the hook was told to refuse; null where it was not.</summary>
    public string? Refusal { get; private set; }

    /// <summary>Whether the hook has asked at all.</summary>
    public bool WasAsked { get; private set; }

    /// <summary>The new QEMU's monitor, once it has started.</summary>
    public IQmpMonitor? Target { get; private set; }

    /// <summary>The same, once both QEMUs have been told all that they need to know.</summary>
    public Task<IQmpMonitor> Ready => _ready.Task;

    /// <inheritdoc/>
    public string? OnStart(int domainId)
    {
        WasAsked = true;
        foreach (var file in facts.Ram)
        {
            if (RamLinks.TryLink(Outside(file.Path), Outside(facts.PathIn(target.Generation.Number, domainId, file)), file) is { } problem)
                return Refusal = problem;
        }

        return null;
    }

    /// <inheritdoc/>
    public async Task<string?> OnStartedAsync(int domainId, CancellationToken cancellationToken)
    {
        try
        {
            if (WhyNotMapped(domainId) is { } problem)
                return Refusal = problem;

            Target = await connector.ConnectAsync(
                target.Generation.Paths.QmpSocket(uuid), $"qemu {uuid} in {target.Generation.Name}", cancellationToken);
            foreach (var monitor in new[] { Target, source })
            {
                await monitor.IgnoreSharedRamAsync(ignore: true, cancellationToken);
                if (!await monitor.IgnoresSharedRamAsync(cancellationToken))
                    return Refusal = "QEMU does not leave shared RAM out though it was told to";
            }

            // What sends waits for the answer, and its guest runs on meanwhile.
            await turn.WaitAsync(cancellationToken);
            _ready.TrySetResult(Target);
            return null;
        }
        catch (HostSwapException exception)
        {
            return Refusal = exception.Message;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Target is not null) await Target.DisposeAsync();
        await source.DisposeAsync();
    }

    /// <summary>What the new QEMU maps must be the old one's files, all of them and nothing else of that mount.</summary>
    private string? WhyNotMapped(int domainId)
    {
        var pids = kernel.QemuProcesses()
            .Where(process => process.DomainUuid == uuid && string.Equals(process.PidNamespace, target.PidNamespace, StringComparison.Ordinal))
            .Select(static process => process.Pid)
            .ToList();
        if (pids is not [var pid])
            return $"the new side has {pids.Count} QEMU processes for it";

        var mapped = kernel.MappedFiles(pid)
            .Where(static file => file.Path.StartsWith(HostImageContract.Memory, StringComparison.Ordinal))
            .ToHashSet();
        var expected = facts.Ram.Select(file => file with { Path = facts.PathIn(target.Generation.Number, domainId, file) }).ToHashSet();
        return mapped.SetEquals(expected)
            ? null
            : $"the new QEMU maps {Words(mapped)} as RAM instead of {Words(expected)}";
    }

    private static string Words(IEnumerable<MappedFile> files) =>
        string.Join(", ", files.Select(static file => $"{file.Path} (inode {file.Inode}{(file.Shared ? "" : ", private")})").DefaultIfEmpty("nothing"));

    /// <summary>The shared memory mount is at the same place below the outer host's own root.</summary>
    private string Outside(string path) => Path.Join(paths.Memory, path[HostImageContract.Memory.Length..]);
}
