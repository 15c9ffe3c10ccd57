using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Faults;

/// <summary>
/// What is asked after every run, past hostctl where that is possible: the kernel's processes, the guests' own counters, the
/// files of definitions, Docker. Everything that is wrong is told, not only the first.
/// </summary>
internal sealed class Oracle(FaultRun run)
{
    private OuterHostLab Lab => run.Lab;

    /// <summary>Asks.</summary>
    public async Task AskAsync()
    {
        var status = await Lab.Hostctl.StatusAsync(run.Token);
        foreach (var (guest, expected) in run.Expected) await AskOfAsync(guest, expected, status);
        await AskOfHostAsync(status);
        await AskAgainAsync();
    }

    private async Task AskOfAsync(Guest guest, Expectation expected, StatusView status)
    {
        var listed = status.Of(guest.Spec.Uuid);
        run.Require(listed.Count == (expected.State is null ? 0 : 1), $"{guest.Name} is listed {listed.Count} times");
        var processes = QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid);
        run.Require(processes <= 1, $"{guest.Name} has {processes} QEMU processes");
        AskForDefinition(guest, expected, listed);
        // What is started or shut off in between is given to QEMU's user, or back, by libvirt itself.
        if (guest.DiskPath is { } disk && expected.State == guest.Spec.State)
        {
            var owner = await FileOwner.OfAsync(disk, run.Token);
            run.Require(owner == run.World.OwnerBefore(guest), $"the disk of {guest.Name} belonged to {run.World.OwnerBefore(guest)} and belongs to {owner}");
        }

        if (expected.State is null) return;
        if (expected.State is GuestState.ShutOff) run.Require(processes == 0, $"{guest.Name} runs, and was shut off");
        else await AskForLifeAsync(guest, expected, processes, listed);
    }

    private void AskForDefinition(Guest guest, Expectation expected, IReadOnlyList<VmView> listed)
    {
        var definitions = DefinitionFiles.Of(Lab, guest.Spec.Uuid).Count;
        var wanted = guest.Spec.Persistent && expected.State is not null ? 1 : 0;
        run.Require(definitions == wanted, $"{guest.Name} has {definitions} persistent definitions");
        if (wanted == 0) return;
        var links = DefinitionFiles.AutostartLinksOf(Lab, guest.Name).Count;
        run.Require(links == (guest.Spec.Autostart ? 1 : 0), $"{guest.Name} has {links} autostart links");
        run.Require(listed.All(vm => vm.Autostart == guest.Spec.Autostart && vm.Persistent), $"{guest.Name} is listed with other flags than it had");
    }

    private async Task AskForLifeAsync(Guest guest, Expectation expected, int processes, IReadOnlyList<VmView> listed)
    {
        if (processes == 0)
        {
            run.Lost(guest, "no QEMU process runs it");
            return;
        }

        run.Require(listed is [{ State: "running" }], $"{guest.Name} is listed as {string.Join(", ", listed.Select(static vm => vm.State))}");
        try
        {
            await OuterHostLab.WaitForTicksAsync(guest, 5, run.Token);
        }
        catch (LabException exception)
        {
            run.Lost(guest, exception.Message);
        }

        if (expected.NewLife) return;
        var life = guest.ReadLog().Judge();
        if (life.BootIds.Count > 1) run.Lost(guest, "it was started anew");
        foreach (var problem in life.Problems) run.Require(false, $"{guest.Name}: {problem}");
    }

    private async Task AskOfHostAsync(StatusView status)
    {
        var containers = await Lab.ContainersAsync(run.Token);
        run.Require(containers.Count == status.Generations.Count, $"{containers.Count} containers for {status.Generations.Count} generations");
        run.Require(status.Generations.All(static generation => generation.Role is not "candidate"), "a candidate is left");
        run.Require(status.Active.State is "running", $"the active generation is {status.Active.State}");
        run.Require(
            status.Generations.All(static generation => generation.Role is not "retired" || generation.State is "stopped"), "a retired generation is not stopped");
        run.Require(status.Vms.All(vm => vm.Generation == status.Active.Number), "VMs are left outside of the active generation");
        run.Require(run.ExpectedImage is null || string.Equals(status.Active.Image, run.ExpectedImage, StringComparison.Ordinal), $"{status.Active.Image} is active instead of {run.ExpectedImage}");
        run.Require(status.LockHolder is null, $"the lock is held: {status.LockHolder}");
        var link = new FileInfo(Lab.Paths.ActiveLink).LinkTarget?.TrimEnd('/');
        run.Require(
            link is not null && int.TryParse(Path.GetFileName(link), System.Globalization.CultureInfo.InvariantCulture, out var number) && number == status.Active.Number,
            $"the link 'active' leads to {link} while generation {status.Active.Number} is active");
        if (status.UnfinishedSwap is { } unfinished) run.Unresolved($"operation {unfinished} is unfinished");
    }

    /// <summary>Once all is settled, the command that settles it finds nothing to do.</summary>
    private async Task AskAgainAsync()
    {
        var again = await run.HostctlAsync(["resume", "--yes"]);
        if (again.ExitCode != ExitCodes.NothingToDo) run.Unresolved($"another resume ended with exit code {again.ExitCode}: {(DockerCli.Lines(again.Error) is [.., var last] ? last : "")}");
    }
}
