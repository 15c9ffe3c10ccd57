using System.Globalization;
using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;
using OuterKernel = HostSwap.Orchestrator.Procfs.OuterKernel;

namespace HostSwap.IntegrationTests;

/// <summary>VMs that <c>hostctl vm prepare</c> has made ready for handover, as the kernel, libvirt and QEMU show them.</summary>
public sealed class PreparedVmTests(PreparedWorld world) : IClassFixture<PreparedWorld>
{
    /// <summary>A user that owns nothing.</summary>
    private const string Nobody = "65534";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task After_a_cold_start_its_RAM_is_in_the_memory_mount_and_root_reaches_its_monitor_and_all_can_be_taken_back()
    {
        // libvirt takes the first 20 characters of a name into the path, not bytes.
        var guest = await world.Lab.AddGuestAsync(
            world.Generation, new GuestSpec("naïve-日本語-🐧 and much more of it") { Disk = DiskFormat.Qcow2 }, Token);
        var before = await world.Generation.DefinitionAsync(guest, Token);

        var dry = await world.Lab.Hostctl.RunAsync(["vm", "prepare", guest.Uuid, "--dry-run"], Token);
        dry.ExitCode.ShouldBe(ExitCodes.Done, dry.Describe());
        dry.Output.ShouldContain("\n+    <source type=\"file\" />\n+    <access mode=\"shared\" />\n");
        (await world.Generation.DefinitionAsync(guest, Token)).ShouldBe(before);
        (await world.ListedAsync(guest.Spec.Uuid, Token)).Handover!.Stage.ShouldBe("not-prepared");

        var prepare = await world.Lab.Hostctl.RunAsync(["vm", "prepare", guest.Uuid], Token);
        prepare.ExitCode.ShouldBe(ExitCodes.Done, prepare.Describe());
        TestContext.Current.TestOutputHelper?.WriteLine(prepare.Output);
        (await world.ListedAsync(guest.Spec.Uuid, Token)).Handover!.Stage.ShouldBe("after-cold-start");
        var again = await world.Lab.Hostctl.RunAsync(["vm", "prepare", guest.Uuid], Token);
        again.ExitCode.ShouldBe(ExitCodes.Done, again.Describe());
        again.Output.ShouldContain("nothing to change");
        (await world.Lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations[0].ShouldSatisfyAllConditions(
            static operation => operation.Kind.ShouldBe("prepare"), static operation => operation.Result.ShouldBe("done"));

        await ColdStartAsync(guest);
        var handover = (await world.ListedAsync(guest.Spec.Uuid, Token)).Handover!;
        handover.Reason.ShouldBe("its RAM is in the memory mount");
        handover.Ready.ShouldBeTrue();
        var file = handover.RamFiles.ShouldHaveSingleItem();
        file.Path.ShouldEndWith("-naïve-日本語-🐧 and much/pc.ram");
        file.Bytes.ShouldBe(256L << 20);
        IsMapped(guest, file).ShouldBeTrue("QEMU maps the file");
        await MonitorIsRootsAloneAsync(guest);

        var unprepare = await world.Lab.Hostctl.RunAsync(["vm", "unprepare", guest.Uuid], Token);
        unprepare.ExitCode.ShouldBe(ExitCodes.Done, unprepare.Describe());
        (await world.Generation.DefinitionAsync(guest, Token)).ShouldBe(before);
        (await world.ListedAsync(guest.Spec.Uuid, Token)).Handover!.Ready.ShouldBeTrue("it runs as it was started");
    }

    [Fact]
    public async Task Each_node_of_a_NUMA_guest_has_a_file_of_its_own()
    {
        var plain = await world.Lab.PrepareGuestAsync(world.Generation, new GuestSpec("nodes") { Cpus = 2 }, Token);
        var domain = XElement.Parse(plain.Xml);
        domain.Element("cpu")!.Add(new XElement("numa", Node(0), Node(1)));
        var guest = plain with { Xml = domain.ToString() };
        await OuterHostLab.DefineAsync(world.Generation, guest, Token);
        (await world.Lab.Hostctl.RunAsync(["vm", "prepare", "nodes"], Token)).Succeeded();

        await ColdStartAsync(guest);

        var handover = (await world.ListedAsync(guest.Spec.Uuid, Token)).Handover!;
        handover.Reason.ShouldBe("its RAM is in the memory mount");
        handover.RamFiles!.Select(static file => Path.GetFileName(file.Path)).ShouldBe(["ram-node0", "ram-node1"]);
        handover.RamFiles!.ShouldAllBe(file => IsMapped(guest, file));
    }

    [Fact]
    public async Task What_cannot_be_handed_over_is_refused_by_name_and_the_others_are_prepared()
    {
        var off = new GuestSpec("") { State = GuestState.ShutOff };
        var huge = await DefineAsync(off with { Name = "huge", Uuid = Guid.NewGuid() }, new XElement("memoryBacking", new XElement("hugepages")));
        var slots = await DefineAsync(
            off with { Name = "slots", Uuid = Guid.NewGuid() },
            new XElement("maxMemory", new XAttribute("slots", 4), new XAttribute("unit", "GiB"), 1),
            // libvirt refuses memory slots without a NUMA node.
            new XElement("cpu", new XElement("numa", Node(0), Node(1))));
        var fit = await DefineAsync(off with { Name = "fit", Uuid = Guid.NewGuid() }, new XElement("memoryBacking", new XElement("source", new XAttribute("type", "memfd"))));
        var transient = await world.Lab.AddGuestAsync(world.Generation, new GuestSpec("fleeting") { Persistent = false }, Token);
        var before = await world.Generation.DefinitionAsync(fit, Token);

        var result = await world.Lab.Hostctl.RunAsync(["vm", "prepare", "--all", "--format", "json"], Token);

        result.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, result.Describe());
        var view = HostctlDocuments.Read<PrepareView>(result.Output);
        Codes(view, huge).ShouldBe(["hugepages"]);
        Codes(view, slots).ShouldBe(["memory-hotplug"]);
        Codes(view, transient).ShouldBe(["transient"]);
        view.Vms.Single(vm => vm.Uuid == fit.Spec.Uuid).Outcome.ShouldBe("changed");
        (await world.Lab.Hostctl.RunAsync(["vm", "unprepare", "fit"], Token)).Succeeded();
        (await world.Generation.DefinitionAsync(fit, Token)).ShouldBe(before);
    }

    [Fact]
    public async Task The_mount_takes_over_another_size_and_doctor_tells_of_it()
    {
        (await MountCheckAsync()).Message.ShouldContain("of 4096 MiB in use");
        var options = world.Lab.Options;
        await world.Lab.ConfigureAsync(options.Without("memory", "size").With("memory", "size = \"3GiB\"", "huge_pages = \"within_size\""), Token);

        (await MountCheckAsync()).Status.ShouldBe("warning");
        var mount = await world.Lab.Hostctl.RunAsync(["memory", "mount"], Token);

        mount.ExitCode.ShouldBe(ExitCodes.Done, mount.Describe());
        (await MountCheckAsync()).ShouldSatisfyAllConditions(
            static check => check.Status.ShouldBe("ok"), static check => check.Message.ShouldContain("of 3072 MiB in use"));
        await world.Lab.ConfigureAsync(options, Token);
        (await world.Lab.Hostctl.RunAsync(["memory", "mount"], Token)).Succeeded();
    }

    [Fact]
    public async Task A_prepared_VM_is_ready_again_after_it_was_copied_and_nothing_stays_mounted()
    {
        string root;
        await using (var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "prepared copy", Image = Repository.Bookworm }, Token))
        {
            root = lab.Root;
            var source = await lab.GenerationAsync(1, Token);
            var guest = await lab.AddGuestAsync(source, new GuestSpec("web") { State = GuestState.ShutOff, Disk = DiskFormat.Qcow2 }, Token);
            (await lab.Hostctl.RunAsync(["vm", "prepare", "web"], Token)).Succeeded();
            await source.VirshAsync(["start", guest.Uuid], Token);
            await OuterHostLab.WaitForTicksAsync(guest, 5, Token);

            var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token);

            swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            var vm = (await lab.Hostctl.ReadAsync<VmListView>(["vm", "list"], Token)).Vms.ShouldHaveSingleItem();
            vm.Handover!.Reason.ShouldBe("its RAM is in the memory mount");
            vm.Generation.ShouldBe(2);
            await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
            Directory.GetFiles(Path.Join(lab.Paths.Memory, "gen-1"), "*", SearchOption.AllDirectories).ShouldBeEmpty("the old side's RAM is given back");
        }

        File.ReadAllText("/proc/self/mountinfo").ShouldNotContain(root);
    }

    private static XElement Node(int number) => new(
        "cell", new XAttribute("id", number), new XAttribute("cpus", number), new XAttribute("memory", 131072), new XAttribute("unit", "KiB"));

    private static IEnumerable<string> Codes(PrepareView view, Guest guest) =>
        view.Vms.Single(vm => vm.Uuid == guest.Spec.Uuid).Refusals!.Select(static refusal => refusal.Code);

    /// <summary>Defines a guest with more in its definition than the lab gives it.</summary>
    private async Task<Guest> DefineAsync(GuestSpec spec, params XElement[] more)
    {
        var plain = await world.Lab.PrepareGuestAsync(world.Generation, spec with { Cpus = 2 }, Token);
        var domain = XElement.Parse(plain.Xml);
        foreach (var element in more)
        {
            if (domain.Element(element.Name) is { } present) present.Add(element.Elements());
            else domain.Add(element);
        }

        var guest = plain with { Xml = domain.ToString() };
        await OuterHostLab.DefineAsync(world.Generation, guest, Token);
        return guest;
    }

    private async Task ColdStartAsync(Guest guest)
    {
        if (await world.Generation.StateAsync(guest, Token) is not "shut off")
            await world.Generation.VirshAsync(["destroy", guest.Uuid], Token);
        await world.Generation.VirshAsync(["start", guest.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
    }

    /// <summary>Whether the guest's QEMU maps the very file that is on the outer host, to be shared and not as a copy.</summary>
    private bool IsMapped(Guest guest, RamFileView file)
    {
        var path = Path.Join(world.Lab.Paths.Memory, "gen-1", file.Path);
        new FileInfo(path).Length.ShouldBe(file.Bytes);
        var inode = new OuterKernel().Look(Environment.ProcessId, path)!.Inode.ToString(CultureInfo.InvariantCulture);
        using var qemu = QemuProcess.All().Single(process => process.Uuid == guest.Spec.Uuid);
        return File.ReadLines(string.Create(CultureInfo.InvariantCulture, $"/proc/{qemu.Pid}/maps"))
            .Select(static line => line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries))
            .Any(fields => fields is [_, "rw-s", _, _, var mapped, _] && mapped == inode && fields[5].EndsWith(Path.GetFileName(path), StringComparison.Ordinal));
    }

    private async Task MonitorIsRootsAloneAsync(Guest guest)
    {
        var socket = Path.Join(world.Lab.Paths.GenerationRuntimes, "1/qmp", $"{guest.Uuid}.sock");
        var status = await QmpClient.AskAsync(socket, "query-status", Token);
        status.GetProperty("status").GetString().ShouldBe("running");
        var stranger = await Command.RunAsync("setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", "test", "-e", socket], Token);
        stranger.ExitCode.ShouldBe(1, "another user must not even see the socket");
    }

    private async Task<CheckView> MountCheckAsync() =>
        HostctlDocuments.Read<ChecksView>((await world.Lab.Hostctl.RunAsync(["doctor", "--format", "json"], Token)).Output)
            .Checks.Single(static check => check.Name is "memory-mount");
}
