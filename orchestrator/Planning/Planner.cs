using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Planning;

/// <summary>Makes the plan of a swap: the moves in order, and everything that forbids it, at once.</summary>
public static class Planner
{
    private const int MostFromOuterHost = 2;

    private static readonly IReadOnlyList<IPlanCheck> Checks =
    [
        new HostUuidCheck(),
        new OuterHostCheck(),
        new OuterNetworkCheck(),
        new DomainStateCheck(),
        new SavedImageCheck(),
        new MemoryCheck(),
        new MachineCheck(),
        new CpuCheck(),
        new HardwareCheck(),
        new WatchdogCheck(),
        new FirmwareCheck(),
        new SavedDefinitionCheck(),
        new CanaryCheck(),
        new StorageCheck(),
        new StorageKindCheck(),
        new NetworkCheck(),
        new CarriedObjectCheck(),
        new OperatorFileCheck(),
        new LocalResourceCheck(),
        new PreparedCheck(),
        new PolicyCheck(),
    ];

    /// <summary>What decides whether a VM that has crossed can come back; the rest is about what it is at that time.</summary>
    private static readonly IReadOnlyList<IPlanCheck> WayBackChecks =
    [
        new ArrivesPausedCheck(),
        new OuterNetworkCheck(),
        new MachineCheck(),
        new CpuCheck(),
        new HardwareCheck(),
        new WatchdogCheck(),
        new FirmwareCheck(),
        new SavedDefinitionCheck(),
        new CanaryCheck(),
        new StorageCheck(),
        new StorageKindCheck(),
        new NetworkCheck(),
        new LocalResourceCheck(),
        new PreparedCheck(),
    ];

    /// <summary>What looks at a side that runs; a quick plan leaves it out.</summary>
    private static readonly HashSet<Type> OfRunningSides =
    [
        typeof(HostUuidCheck), typeof(SavedImageCheck), typeof(CanaryCheck), typeof(StorageCheck), typeof(NetworkCheck),
        typeof(CarriedObjectCheck), typeof(OperatorFileCheck), typeof(PreparedCheck),
    ];

    private static readonly IReadOnlyList<IPlanCheck> QuickChecks = Quick(Checks);
    private static readonly IReadOnlyList<IPlanCheck> QuickWayBackChecks = Quick(WayBackChecks);

    /// <summary>Makes the plan.</summary>
    /// <param name="context">Both sides as they were read.</param>
    public static SwapPlan Make(PlanContext context)
    {
        var (source, target) = (context.Source, context.Target);
        var answers = NotLiveAnswers.Of(context, context.Quick is null ? Checks : QuickChecks);
        return new SwapPlan(
            source.Generation.Number,
            source.Generation.Record.Image,
            target.Generation.Number,
            target.Generation.Record.Image,
            target.Generation.Record.ImageId,
            [.. Versions(source, target)],
            Order(context, answers),
            [.. context.Inventory.Networks.Where(network => network.Persistent).Select(network => network.Name)],
            [.. context.Inventory.StoragePools.Where(pool => pool.Persistent).Select(pool => pool.Name)],
            answers.Blockers,
            [.. Warnings(context)],
            ParallelOf(context),
            context.Kernel.AvailableMemoryBytes(),
            [
                Kernel(context.Kernel),
                "Docker and hostctl: update their packages on the outer host",
                "CPU microcode and firmware",
            ])
        {
            Kernel = context.Kernel.Release,
            KernelModules = KernelModules.Read(context.Kernel, source.InitPid, context.Quick is null ? target.InitPid : null),
            Quick = context.Quick,
            Packages = context.Packages,
            NetworkFilters = [.. Differing(context, DifferenceKind.Missing, DifferenceKind.Changed).Where(static item => item.Kind == HostObjectKind.NetworkFilter).Select(static item => item.Name)],
            Secrets = [.. context.SourceObjects.Where(static item => item.Kind == HostObjectKind.Secret).Select(static item => item.Name)],
            OfTheImage = target.Generation is { Role: GenerationRole.Candidate, Record.RetiredAt: null }
                ? [.. Differing(context, DifferenceKind.Extra).Select(static item => item.InWords)]
                : [],
        };
    }

    private static IReadOnlyList<IPlanCheck> Quick(IReadOnlyList<IPlanCheck> checks) => [.. checks.Where(static check => !OfRunningSides.Contains(check.GetType()))];

    private static string Kernel(IOuterKernel kernel) => KernelReleases.NewerThan(kernel.Release, kernel.InstalledReleases) is { } newer
        ? $"the outer host's kernel {kernel.Release}: {newer} is installed, and runs after the outer host has been rebooted"
        : $"the outer host's kernel {kernel.Release}: none that is newer is installed; 'apt list --upgradable' on the outer host says whether there is one";

    private static IEnumerable<HostObject> Differing(PlanContext context, params IReadOnlyList<DifferenceKind> kinds) =>
        HostComparison.Compare(context.SourceObjects, context.TargetObjects).Where(difference => kinds.Contains(difference.Kind)).Select(static difference => difference.Object!);

    /// <summary>
    /// Debian's libvirt-dbus serves calls on four threads, and its libvirtd five calls of one client, as the outer host has them;
    /// a migration holds one of each as long as it runs, and others are to be asked meanwhile.
    /// </summary>
    private static int ParallelOf(PlanContext context)
    {
        var parallel = context.Settings.Migration.Parallel ?? DefaultParallel(context.Kernel.Processors);
        return context.Source.Generation.IsOuter ? Math.Min(parallel, MostFromOuterHost) : parallel;
    }

    /// <summary>At most; how many really are depends on what each takes of cores and memory.</summary>
    internal static int DefaultParallel(int processors) => Math.Clamp(processors, 1, 8);

    /// <summary>
    /// Running VMs first, by priority, and of one priority smallest RAM first: the first move then shows soonest whether
    /// moves work at all, with the least at stake. Definitions of VMs that are shut off follow.
    /// </summary>
    private static IReadOnlyList<PlannedMove> Order(PlanContext context, NotLiveAnswers answers)
    {
        var stays = NotLiveAnswers.Of(context.Reversed(), context.Quick is null ? WayBackChecks : QuickWayBackChecks).Blockers
            .GroupBy(blocker => blocker.Subject, StringComparer.Ordinal)
            .ToDictionary(group => group.Key, group => string.Join("; ", group.Select(blocker => blocker.Problem)), StringComparer.Ordinal);
        return
        [
            .. context.Inventory.VirtualMachines
                .Select(machine => (Machine: machine, Policy: VmPolicy.Of(machine, context.Settings)))
                .OrderByDescending(item => item.Machine.Domain.IsActive)
                .ThenByDescending(item => item.Policy.Priority)
                .ThenBy(item => item.Machine.Definition?.MemoryBytes ?? 0)
                .ThenBy(item => item.Machine.Name, StringComparer.Ordinal)
                .Select((item, index) => Move(
                    item.Machine,
                    index + 1,
                    stays.GetValueOrDefault(item.Machine.Name),
                    context.Handovers.GetValueOrDefault(item.Machine.Domain.Uuid),
                    context.SavedImages.GetValueOrDefault(item.Machine.Domain.Uuid),
                    answers.Find(item.Machine.Domain.Uuid)) with
                {
                    Policy = item.Policy,
                }),
        ];
    }

    private static PlannedMove Move(
        VirtualMachine machine, int order, string? noWayBack, HandoverOffer? handover, SavedImage? saved, NotLiveAnswer? notLive)
    {
        var detaches = notLive?.Method == MoveMethod.Copy;
        var (method, reason) = notLive is null || detaches ? MethodOf(machine, handover, saved) : (notLive.Method, notLive.InWords);
        return new PlannedMove(
            order,
            machine.Domain.Uuid,
            machine.Name,
            machine.Domain.State,
            machine.Domain.Persistent,
            machine.Domain.Autostart,
            method,
            detaches ? $"{notLive!.InWords}; {reason}" : reason,
            machine.Definition?.MemoryBytes ?? 0,
            noWayBack)
        {
            BootFiles = machine.Definition?.BootFiles ?? [],
            WhyNotLive = notLive?.Reasons ?? [],
            WhyNotHandedOver = method == MoveMethod.Copy && handover is { Ready: true } ? handover.Reason : null,
        };
    }

    private static (MoveMethod Method, string Reason) MethodOf(VirtualMachine machine, HandoverOffer? handover, SavedImage? saved)
    {
        if (!machine.Domain.IsActive)
            return (MoveMethod.Define, Carried(machine, saved));
        if (handover is { Possible: true })
            return (MoveMethod.Handover, handover.Reason);
        return (MoveMethod.Copy, $"its RAM is copied while it runs{(handover is null ? "" : $": {handover.Reason}")}");
    }

    private static string Carried(VirtualMachine machine, SavedImage? saved)
    {
        var tpm = machine.Definition is { HasVtpm: true } ? "what its virtual TPM holds" : null;
        var image = saved is null ? null : $"its managed save image of {saved.Bytes >> 20} MiB";
        return tpm is null && image is null
            ? "shut off: only its definition is carried over"
            : $"{(saved is null ? "shut off" : "saved")}: its definition and {string.Join(" and ", new[] { image, tpm }.OfType<string>())} are carried over";
    }

    private static IEnumerable<VersionChange> Versions(PlanSide source, PlanSide target)
    {
        foreach (var (label, part) in HostImageContract.VersionLabels)
        {
            var from = source.Image?.Labels.GetValueOrDefault(label);
            var to = target.Image?.Labels.GetValueOrDefault(label);
            // What runs is told even where an image does not say what it has.
            from ??= Running(part, source.Host);
            to ??= Running(part, target.Host);
            if (from is not null || to is not null)
                yield return new VersionChange(part, from ?? "unknown", to ?? "unknown");
        }
    }

    private static string? Running(string part, LibvirtHostDescription host) => part switch
    {
        "libvirt" => host.LibvirtVersion.ToString(),
        "qemu" => host.HypervisorVersion.ToString(),
        _ => null,
    };

    private static IEnumerable<string> Warnings(PlanContext context)
    {
        var inventory = context.Inventory;
        foreach (var name in context.Settings.Vms.Keys.Where(name => !inventory.VirtualMachines.Any(machine => string.Equals(machine.Name, name, StringComparison.Ordinal))))
            yield return $"the configuration has a table for the VM {name}, which does not exist";
        if (PolicyCheck.WhyUnmendable(context) is { } unmendable)
            yield return unmendable;
        if (context.Packages is null)
            yield return $"which packages change cannot be said: one of the images has no list of them ({HostImageContract.PackageManifest})";
        foreach (var file in context.SourceFiles.Where(file => file is { Digest.Length: 0, Problem: null } && context.Settings.Carry.Files.Contains(file.Path, StringComparer.Ordinal)))
            yield return $"{file.Path}, which [carry] files names, is not in {context.Source.Generation.Name}: nothing is carried";
        foreach (var warning in MachineCheck.Warnings(context).Concat(CpuCheck.Warnings(context)).Concat(HardwareCheck.Warnings(context)).Concat(NetworkWarnings.Of(context)).Concat(OuterHostWarnings.Of(context)))
            yield return warning;
        foreach (var network in inventory.Networks.Where(network => !network.Persistent))
            yield return $"the libvirt network {network.Name} is transient and will not be carried over";
        foreach (var pool in inventory.StoragePools.Where(pool => !pool.Persistent))
            yield return $"the storage pool {pool.Name} is transient and will not be carried over";
    }
}
