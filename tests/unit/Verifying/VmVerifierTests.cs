using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Verifying;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Verifying;

public sealed class VmVerifierTests : IDisposable
{
    private const string Image = "/vms/web.qcow2";
    private const string Port = "/sys/class/net/br0/brif/vnet0/state";
    private const int Qemu = SwapWorld.SourcePid + 1;

    private static readonly FileFacts File = new(1, 7, 64055, 108, 0x81a4);

    private readonly SwapWorld _world = new();
    private DomainRecord _vm;

    public VmVerifierTests()
    {
        _vm = _world.Source.Domains.Add("web", DomainState.Running);
        _world.Source.Domains.Xml[_vm.Uuid] = DomainXmls.WithDevices(_vm.Uuid, "web", $"""
            <disk type='file' device='disk'><source file='{Image}'/><target dev='vda'/></disk>
            <disk type='file' device='cdrom'><source file='/vms/install.iso'/><target dev='sda'/><readonly/></disk>
            <disk type='network' device='disk'><source protocol='nbd'/><target dev='vdb'/></disk>
            <interface type='bridge'><source bridge='br0'/><target dev='vnet0'/></interface>
            <interface type='bridge'><source bridge='ovs0'/><virtualport type='openvswitch'/><target dev='vnet1'/></interface>
            <interface type='user'/>
            """);
        _world.Run(_vm.Uuid, SwapWorld.SourcePid);
        _world.Kernel.Files[(SwapWorld.SourcePid, Image)] = File;
        _world.Kernel.Open[Qemu] = [new OpenFile(File, Writable: true)];
        _world.Kernel.User = new ProcessUser(64055, new HashSet<uint> { 108 });
        _world.Kernel.Texts[(SwapWorld.SourcePid, Port)] = "3";
    }

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task A_vm_that_has_all_it_needs_is_well()
    {
        var checks = await VerifyAsync();

        checks.Select(check => (check.Subject, check.Name, check.Status)).ShouldBe(
            [("web", "disks", HealthStatus.Ok), ("web", "network", HealthStatus.Ok)]);
    }

    [Theory]
    [InlineData(null, HealthStatus.Error)]
    [InlineData("0", HealthStatus.Error)]
    [InlineData("1", HealthStatus.Warning)]
    [InlineData("2", HealthStatus.Warning)]
    [InlineData("4", HealthStatus.Error)]
    public async Task A_tap_must_be_in_its_bridge_and_forward(string? state, HealthStatus status)
    {
        SetPort(state);
        var check = (await VerifyAsync()).Single(check => check.Name == "network");
        check.Status.ShouldBe(status);
        check.Message.ShouldContain("vnet0");
    }

    [Fact]
    public async Task A_tap_gets_its_moment_to_forward()
    {
        SetPort("2");
        var looks = 0;
        _world.Kernel.OnReadText = () =>
        {
            if (++looks == 3) SetPort("3");
        };

        (await VerifyAsync()).ShouldAllBe(check => check.Status == HealthStatus.Ok);
        looks.ShouldBe(3);
    }

    [Fact]
    public async Task A_paused_guest_needs_its_tap_plugged_in_and_no_more()
    {
        _vm = _vm with { State = DomainState.Paused };
        _world.Kernel.Open[Qemu] = [new OpenFile(File, Writable: false)];
        SetPort("0");
        (await VerifyAsync()).ShouldAllBe(check => check.Status == HealthStatus.Ok);

        SetPort(null);
        (await VerifyAsync()).Where(check => check.Status == HealthStatus.Error).ShouldHaveSingleItem().Name.ShouldBe("network");
    }

    [Theory]
    [InlineData("../../x")]
    [InlineData("..")]
    [InlineData("a name of more letters")]
    public async Task A_tap_that_is_no_interface_name_is_never_a_path(string tap)
    {
        _world.Source.Domains.Xml[_vm.Uuid] = DomainXmls.WithDevices(
            _vm.Uuid, "web", $"<interface type='bridge'><source bridge='br0'/><target dev='{tap}'/></interface>");
        _world.Kernel.OnReadText = () => throw new InvalidOperationException("it was read");

        (await VerifyAsync()).ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Error);
    }

    [Fact]
    public async Task A_disk_that_its_qemu_holds_read_only_is_an_error()
    {
        _world.Kernel.Open[Qemu] = [new OpenFile(File, Writable: false)];
        await IsWrongAsync("disks", "cannot write to its disk vda");
    }

    [Fact]
    public async Task A_disk_whose_image_is_another_file_now_is_an_error()
    {
        _world.Kernel.Open[Qemu] = [new OpenFile(File with { Inode = 8 }, Writable: true)];
        await IsWrongAsync("disks", "has not opened its disk vda");
    }

    [Fact]
    public async Task A_disk_whose_image_is_gone_is_an_error()
    {
        _world.Kernel.Files.Clear();
        await IsWrongAsync("disks", Image);
    }

    [Fact]
    public async Task A_block_device_is_known_by_what_its_node_stands_for()
    {
        const uint BlockDevice = 0x61b0;
        var outer = new FileFacts(5, 1, 0, 6, BlockDevice) { NamedDevice = 42 };
        _world.Source.Domains.Xml[_vm.Uuid] = DomainXmls.WithDevices(
            _vm.Uuid, "web", "<disk type='block' device='disk'><source dev='/dev/vg/web'/><target dev='vda'/></disk>");
        _world.Kernel.Files[(SwapWorld.SourcePid, "/dev/vg/web")] = outer;

        _world.Kernel.Open[Qemu] = [new OpenFile(outer with { Device = 9, Inode = 9 }, Writable: true)];
        (await VerifyAsync()).ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Ok);

        _world.Kernel.Open[Qemu] = [new OpenFile(outer with { NamedDevice = 43 }, Writable: true)];
        await IsWrongAsync("disks", "vda");
    }

    [Theory]
    [InlineData(DiskErrorKind.NoSpace, "no space")]
    [InlineData(DiskErrorKind.Unspecified, "I/O error")]
    public async Task An_error_that_libvirt_knows_of_is_told(DiskErrorKind kind, string words)
    {
        _world.Source.Domains.DiskErrors.Add(new DiskError("vda", kind));
        await IsWrongAsync("disks", words);
    }

    [Theory]
    [InlineData(0, 0, 0x81a4, false)] // root:root 0644
    [InlineData(0, 108, 0x81b0, true)] // root:kvm 0660
    [InlineData(0, 0, 0x81b6, true)] // root:root 0666
    [InlineData(64055, 0, 0x8124, false)] // its own, 0444
    public async Task A_file_that_its_qemu_could_not_open_again_is_an_error(uint user, uint group, uint mode, bool well)
    {
        _world.Kernel.Files[(SwapWorld.SourcePid, Image)] = File with { User = user, Group = group, Mode = mode };
        if (well)
            (await VerifyAsync()).ShouldAllBe(check => check.Status == HealthStatus.Ok);
        else
            await IsWrongAsync("disk-owner", $"{user}:{group}");
    }

    [Fact]
    public async Task What_a_guest_tells_is_compared_after_a_move()
    {
        var boots = new Queue<Guid>([Guid.NewGuid(), Guid.NewGuid()]);
        var xml = DomainXmls.WithDevices(_vm.Uuid, "web", "<channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0' state='connected'/></channel>");
        _world.Source.Domains.Xml[_vm.Uuid] = xml;
        _world.Engine.OnExecute = (_, command, _) => new CommandOutcome(0, Answer(command[^1], boots), "");

        await using var before = await NoteAsync();
        var after = await Verifier.CompareAsync(Place, _vm, before, TestContext.Current.CancellationToken);

        after.Single(check => check.Name == "boot").Status.ShouldBe(HealthStatus.Error);
        after.Single(check => check.Name == "clock").Status.ShouldBe(HealthStatus.Ok);

        boots = new Queue<Guid>([Guid.NewGuid()]);
        _world.Target.Domains.Reboot.SetResult();
        after = await Verifier.CompareAsync(Place, _vm, before, TestContext.Current.CancellationToken);
        after.Single(check => check.Name == "boot").Status.ShouldBe(HealthStatus.Warning);
    }

    [Fact]
    public async Task A_fault_that_was_there_before_the_move_is_a_warning()
    {
        _world.Source.Domains.DiskErrors.Add(new DiskError("vda", DiskErrorKind.NoSpace));
        await using var before = await NoteAsync();

        var known = await Verifier.CompareAsync(Place, _vm, before, TestContext.Current.CancellationToken);
        known.Single(check => check.Name == "disks").Status.ShouldBe(HealthStatus.Warning);

        var unknown = await Verifier.CompareAsync(Place, _vm, VmFacts.None, TestContext.Current.CancellationToken);
        unknown.Single(check => check.Name == "disks").Status.ShouldBe(HealthStatus.Error);
    }

    private VmVerifier Verifier => new(_world.Engine, _world.Kernel, new HastyTime());

    private LiveGeneration Place => _world.Session.Source.Live;

    private static string Answer(string command, Queue<Guid> boots)
    {
        if (command.Contains("get-time", StringComparison.Ordinal))
            return $$"""{"return":{{(DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).Ticks * 100}}}""";
        if (command.Contains("file-open", StringComparison.Ordinal))
            return """{"return":1}""";
        return command.Contains("file-read", StringComparison.Ordinal)
            ? $$$"""{"return":{"buf-b64":"{{{Convert.ToBase64String(System.Text.Encoding.ASCII.GetBytes(boots.Dequeue().ToString()))}}}"}}"""
            : """{"return":{}}""";
    }

    private Task<VmFacts> NoteAsync() => Verifier.NoteAsync(
        Place,
        _world.Session.Target.Live,
        _vm,
        HostSwap.Orchestrator.Inventory.DomainXmlReader.Read(_world.Source.Domains.Xml[_vm.Uuid]),
        TestContext.Current.CancellationToken);

    private Task<IReadOnlyList<HealthCheck>> VerifyAsync() => Verifier.VerifyAsync(Place, _vm, TestContext.Current.CancellationToken);

    private async Task IsWrongAsync(string name, string words)
    {
        var error = (await VerifyAsync()).Where(check => check.Status != HealthStatus.Ok).ShouldHaveSingleItem();
        (error.Name, error.Status, error.Subject).ShouldBe((name, HealthStatus.Error, "web"));
        error.Message.ShouldContain(words);
        error.Fix.ShouldNotBeNullOrWhiteSpace();
    }

    private void SetPort(string? state)
    {
        if (state is null)
            _world.Kernel.Texts.Remove((SwapWorld.SourcePid, Port));
        else
            _world.Kernel.Texts[(SwapWorld.SourcePid, Port)] = state;
    }
}
