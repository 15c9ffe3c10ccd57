using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Qmp;

namespace HostSwap.Orchestrator.Handover;

/// <summary>
/// Finds and takes back what a handover tells a QEMU: to leave shared RAM out of its streams. Left set, the next <c>virsh
/// save</c> would write an image without RAM, report success, and lose the guest.
/// </summary>
/// <param name="kernel">The outer host's kernel.</param>
/// <param name="qmp">Opens monitors of QEMU.</param>
/// <param name="paths">The generation whose QEMUs are looked at.</param>
/// <param name="pidNamespace">Its PID namespace.</param>
internal sealed class SharedRam(IOuterKernel kernel, IQmpConnector qmp, GenerationPaths paths, string pidNamespace)
{
    private string Name => Generation.NameOf(paths.Number);

    /// <summary>Looks at every QEMU that has a monitor for that; one without was never told.</summary>
    /// <returns>Those that leave RAM out, and those of which it cannot be told.</returns>
    public async Task<IReadOnlyList<RamLeftOut>> FindAsync(CancellationToken cancellationToken)
    {
        List<RamLeftOut> found = [];
        foreach (var uuid in Monitored())
        {
            try
            {
                await using var monitor = await ConnectAsync(uuid, cancellationToken);
                if (await monitor.IgnoresSharedRamAsync(cancellationToken))
                    found.Add(new RamLeftOut(uuid, Unknown: null));
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                if (Lives(uuid))
                    found.Add(new RamLeftOut(uuid, exception.Message));
            }
        }

        return found;
    }

    /// <summary>Has RAM in the streams of every QEMU again, whoever told it otherwise.</summary>
    /// <returns>What could not be put right.</returns>
    public async Task<IReadOnlyList<string>> ClearAllAsync(EffectLog log)
    {
        List<string> problems = [];
        foreach (var (uuid, unknown) in await FindAsync(CancellationToken.None))
        {
            if (unknown is not null)
            {
                problems.Add($"VM {uuid}: {InDoubt(unknown)}");
                continue;
            }

            try
            {
                await log.DoAsync("save-ram", uuid.ToString(), async () =>
                {
                    await using var monitor = await ConnectAsync(uuid, CancellationToken.None);
                    return await WhyNotClearedAsync(uuid, monitor) is { } problem
                        ? throw new AdapterException($"qemu {Name}", "migrate-set-capabilities", problem)
                        : "its RAM is part of what it saves again";
                });
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                problems.Add($"VM {uuid}: {exception.Message}");
            }
        }

        return problems;
    }

    /// <summary>Has RAM in the streams of one QEMU again, and sees that it is.</summary>
    /// <returns>What could not be put right; null where it is, or its QEMU has ended.</returns>
    public async Task<string?> WhyNotClearedAsync(Guid uuid, IQmpMonitor monitor)
    {
        try
        {
            if (!await monitor.IgnoresSharedRamAsync(CancellationToken.None))
                return null;
            await monitor.IgnoreSharedRamAsync(ignore: false, CancellationToken.None);
            return await monitor.IgnoresSharedRamAsync(CancellationToken.None)
                ? $"its QEMU in {Name} still leaves RAM out of what it saves; do not save it before 'hostctl resume' has put that right"
                : null;
        }
        catch (HostSwapException exception)
        {
            return Lives(uuid) ? InDoubt(exception.Message) : null;
        }
    }

    private string InDoubt(string why) =>
        $"whether its QEMU in {Name} saves its RAM cannot be told: {why}; do not save it before 'hostctl resume' has put that right";

    /// <summary>An old socket may outlive its QEMU, and a QEMU of another generation have the same VM.</summary>
    private List<Guid> Monitored() => [.. Processes().Select(static process => process.DomainUuid).Distinct().Where(uuid => File.Exists(paths.QmpSocket(uuid)))];

    private bool Lives(Guid uuid) => Processes().Any(process => process.DomainUuid == uuid);

    private IEnumerable<QemuProcess> Processes() =>
        kernel.QemuProcesses().Where(process => string.Equals(process.PidNamespace, pidNamespace, StringComparison.Ordinal));

    private Task<IQmpMonitor> ConnectAsync(Guid uuid, CancellationToken cancellationToken) =>
        qmp.ConnectAsync(paths.QmpSocket(uuid), $"qemu {uuid} in {Name}", cancellationToken);
}

/// <summary>A QEMU that leaves RAM out of what it saves, or may.</summary>
/// <param name="Uuid">Its VM.</param>
/// <param name="Unknown">Why it cannot be told; null where it does.</param>
internal sealed record RamLeftOut(Guid Uuid, string? Unknown);
