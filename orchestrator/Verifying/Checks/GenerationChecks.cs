using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Verifying.Checks;

/// <summary>
/// Whether the generations are as a swap leaves them: one active, which alone comes back after a reboot, and every VM in
/// one of them. What a swap that is at work changes is a warning and not an error.
/// </summary>
internal sealed class GenerationChecks(IContainerEngine engine, IOuterKernel kernel, HostStatus host, IReadOnlyList<Generation> generations)
{
    private HealthStatus Severity => host.LockHolder is null ? HealthStatus.Error : HealthStatus.Warning;

    private Generation? Active => generations.FirstOrDefault(generation => generation.Role == GenerationRole.Active);

    /// <summary>Whether a generation's systemd is content; a stopped one has none, which is wrong for the active one alone.</summary>
    public static HealthCheck Units(GenerationStatus generation)
    {
        var check = generation switch
        {
            { FailedUnits.Count: > 0 } => new HealthCheck(
                "units", HealthStatus.Error, $"failed: {string.Join(", ", generation.FailedUnits)}", "Look into them with 'hostctl shell' and systemctl status."),
            { State: "running" } => new HealthCheck("units", HealthStatus.Ok, "no unit has failed", ""),
            { Role: not GenerationRole.Active, State: "stopped" or "missing" } => new HealthCheck("units", HealthStatus.Ok, "it is stopped", ""),
            _ => new HealthCheck("units", HealthStatus.Error, $"it is {generation.State}", "Run 'hostctl start', and look into 'docker logs'."),
        };
        return check with { Subject = generation.Name };
    }

    /// <summary>Whether tools that use the stable link reach the active generation.</summary>
    public HealthCheck ActiveLink()
    {
        if (Active is not { } active)
            return new HealthCheck("active-link", HealthStatus.Error, "no generation is active", "Run 'hostctl start'.");

        var link = active.Paths.Host.ActiveLink;
        var target = new FileInfo(link) is { LinkTarget: not null } found ? found.ResolveLinkTarget(returnFinalTarget: false)?.FullName : null;
        return string.Equals(target?.TrimEnd('/'), active.Paths.Runtime, StringComparison.Ordinal)
            ? new HealthCheck("active-link", HealthStatus.Ok, $"{link} leads to {active.Name}", "")
            : new HealthCheck("active-link", Severity, $"{link} leads to {target ?? "nothing"}, not to {active.Name}", "Run 'hostctl start': it points it right.");
    }

    /// <summary>Whether Docker starts the active generation by itself, and no other: two would both start VMs.</summary>
    public async Task<HealthCheck> RestartAsync(CancellationToken cancellationToken)
    {
        var problems = new List<string>();
        foreach (var generation in generations.Where(static generation => !generation.IsOuter))
        {
            var container = await engine.FindContainerAsync(generation.ContainerName, cancellationToken);
            var wanted = generation.Role == GenerationRole.Active;
            if ((container?.Restart ?? false) != wanted)
                problems.Add(wanted ? $"{generation.Name} is active and does not start by itself" : $"{generation.Name} is {generation.Role.ToString().ToLowerInvariant()} and starts by itself");
        }

        return problems.Count == 0
            ? new HealthCheck("restart", HealthStatus.Ok, $"{Active?.Name ?? "nothing"} alone starts by itself", "")
            : new HealthCheck("restart", Severity, string.Join("; ", problems), "Set it with 'docker update --restart no' (the active one: unless-stopped).");
    }

    /// <summary>
    /// Whether each definition is in one generation alone, as their disks show it: that of a stopped one counts too,
    /// since it may be started.
    /// </summary>
    public IEnumerable<HealthCheck> Definitions()
    {
        var defined = generations
            .SelectMany(generation => DefinitionFiles.List(generation.Paths).Select(domain => (Domain: domain, Generation: generation)))
            .ToList();
        var twice = defined.GroupBy(item => item.Domain.Uuid).Where(group => group.Count() > 1).ToList();
        if (twice.Count == 0)
            yield return new HealthCheck("definitions", HealthStatus.Ok, $"{defined.Count} VM(s) are defined, each in one generation", "");

        foreach (var group in twice)
        {
            var where = string.Join(" and ", group.Select(item => item.Generation.Name));
            yield return new HealthCheck(
                "definitions",
                Severity,
                $"it is defined in {where}, and could be started twice",
                $"Undefine {group.Key} where it does not run.")
            { Subject = group.First().Domain.Name };
        }
    }

    /// <summary>Whether each VM has one QEMU, by the kernel's list of processes, and retired generations have none.</summary>
    /// <param name="live">The generations that run.</param>
    /// <param name="canaries">Domains that are nobody's VM.</param>
    public IEnumerable<HealthCheck> Processes(IReadOnlyList<LiveGeneration> live, IReadOnlySet<Guid> canaries)
    {
        var found = kernel.QemuProcesses()
            .Where(process => !canaries.Contains(process.DomainUuid))
            .Select(process => (Process: process, In: live.FirstOrDefault(generation => generation.Holds(process))))
            .Where(item => item.In is not null)
            .ToList();
        var problems = new List<HealthCheck>();
        foreach (var group in found.GroupBy(item => item.Process.DomainUuid).Where(group => group.Count() > 1))
        {
            var where = string.Join(" and ", group.Select(item => $"process {item.Process.Pid} in {item.In!.Generation.Name}"));
            problems.Add(Bad(group.Key, $"it has {group.Count()} QEMUs: {where}", "A person must decide which one is right before either is ended."));
        }

        foreach (var (process, generation) in found.Where(item => item.In!.Generation.Role == GenerationRole.Retired))
            problems.Add(Bad(process.DomainUuid, $"its QEMU process {process.Pid} runs in {generation!.Generation.Name}, which is retired", "Look at it with virsh in that generation."));

        return problems.Count > 0
            ? problems
            : [new HealthCheck("processes", HealthStatus.Ok, $"{found.Count} QEMU(s), one for each VM that runs", "")];

        HealthCheck Bad(Guid uuid, string message, string fix) =>
            new("processes", Severity, message, fix) { Subject = host.VirtualMachines.FirstOrDefault(vm => vm.Uuid == uuid)?.Name ?? uuid.ToString() };
    }

    /// <summary>Whether a candidate is left of a swap that is not at work.</summary>
    public HealthCheck Candidate()
    {
        var candidate = generations.FirstOrDefault(generation => generation.Role == GenerationRole.Candidate);
        if (candidate is null)
            return new HealthCheck("candidate", HealthStatus.Ok, "none is left of a swap", "");

        return host.LockHolder is { } holder
            ? new HealthCheck("candidate", HealthStatus.Ok, $"{candidate.Name} is in use by {holder}", "")
            : new HealthCheck(
                "candidate",
                HealthStatus.Warning,
                $"{candidate.Name} is left of {(host.UnfinishedSwap is { } swap ? $"swap {swap}, which is unfinished" : "a swap")}",
                $"Run 'hostctl swap --image {candidate.Record.Image}': it continues.");
    }

    /// <summary>Whether libvirt's word on a VM and the kernel's agree.</summary>
    public HealthCheck Qemu(LiveGeneration place, DomainRecord domain)
    {
        var qemus = place.QemusOf(domain.Uuid, kernel);
        return (domain.IsActive, qemus.Count) switch
        {
            (true, 1) => VmCheck.Ok("qemu", domain, $"{domain.State} in {place.Generation.Name}"),
            (false, 0) => VmCheck.Ok("qemu", domain, $"shut off in {place.Generation.Name}"),
            _ => VmCheck.Make(
                "qemu", domain, Severity, $"libvirt says {domain.State}, and {qemus.Count} QEMU process(es) run it in {place.Generation.Name}", "Look into libvirtd's log there."),
        };
    }
}
