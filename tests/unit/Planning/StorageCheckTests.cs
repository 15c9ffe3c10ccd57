using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

/// <summary>What a VM's storage needs is looked for before anything is touched.</summary>
public sealed class StorageCheckTests : IDisposable
{
    private const uint File = 0x8000;
    private const uint Block = 0x6000;

    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void The_images_behind_a_disk_are_followed_where_the_definition_is_silent()
    {
        foreach (var path in new[] { "/v/a/top", "/v/a/middle", "/v/base" }) OnBothSides(path, File, 7);
        _world.Kernel.Backing[(SwapWorld.SourcePid, "/v/a/top")] = "middle";
        _world.Kernel.Backing[(SwapWorld.SourcePid, "/v/a/middle")] = "../base";
        _world.Kernel.Backing[(SwapWorld.SourcePid, "/v/base")] = "/private/last";

        Problems("<disk type='file'><driver type='qcow2'/><source file='/v/a/top'/><target dev='vda'/></disk>")
            .ShouldBe(["/private/last does not exist in gen-2"]);
    }

    [Theory]
    [InlineData("raw", "/private/last")] // A guest could have written it there.
    [InlineData("qcow2", "/v/top")] // A chain that bites its own tail.
    [InlineData("qcow2", "json:{\"driver\":\"nbd\"}")]
    public void What_is_no_image_behind_it_is_not_followed(string format, string behind)
    {
        OnBothSides("/v/top", File, 7);
        _world.Kernel.Backing[(SwapWorld.SourcePid, "/v/top")] = behind;

        Problems($"<disk type='file'><driver type='{format}'/><source file='/v/top'/><target dev='vda'/></disk>").ShouldBeEmpty();
    }

    [Fact]
    public void A_block_device_may_have_another_node_and_must_be_the_same_device()
    {
        _world.Kernel.Files[(SwapWorld.SourcePid, "/dev/vg0/a")] = new FileFacts(5, 1, 0, 0, Block) { NamedDevice = 7 };
        _world.Kernel.Files[(SwapWorld.TargetPid, "/dev/vg0/a")] = new FileFacts(6, 2, 0, 0, Block) { NamedDevice = 7 };
        const string Disk = "<disk type='block'><source dev='/dev/vg0/a'/><target dev='vda'/></disk>";
        Problems(Disk).ShouldBeEmpty();

        _world.Kernel.Files[(SwapWorld.TargetPid, "/dev/vg0/a")] = new FileFacts(6, 2, 0, 0, Block) { NamedDevice = 8 };
        Problems(Disk).ShouldBe(["/dev/vg0/a is another device in gen-2 than in gen-1"]);

        _world.Kernel.Files.Remove((SwapWorld.TargetPid, "/dev/vg0/a"));
        var blocker = Check(Context(Disk)).ShouldHaveSingleItem();
        blocker.Fix.ShouldContain("storage.devices");
    }

    [Fact]
    public void A_server_that_is_not_reached_is_named()
    {
        var context = Context("<disk type='network'><source protocol='nbd' name='x'><host name='nbd.example'/></source><target dev='vda'/></disk>");
        var server = context.Inventory.VirtualMachines[0].Definition!.Disks[0].Servers.ShouldHaveSingleItem();
        Check(context).ShouldBeEmpty();

        Check(context with { Unreachable = new Dictionary<StorageServer, string> { [server] = "nbd nbd.example:10809: no route" } })
            .ShouldHaveSingleItem().Problem.ShouldBe("its disk vda is on a server that gen-2 does not reach: nbd nbd.example:10809: no route");
    }

    [Theory]
    [InlineData("<disk type='vhostuser'><target dev='vda'/></disk>", "storage", "vhostuser")]
    [InlineData("<disk type='file'><target dev='vda'/><transient/></disk>", "storage", "transient")]
    [InlineData("<disk type='dir'><target dev='vda'/></disk>", "storage", "type dir")]
    [InlineData("<disk type='volume'><source pool='off' volume='x'/><target dev='vda'/></disk>", "storage", "not active")]
    [InlineData("<filesystem type='mount'><source dir='/v'/><target dir='t'/></filesystem>", "filesystem", "9p")]
    [InlineData("<filesystem type='mount'><driver type='virtiofs'/><source socket='/run/x'/><target dir='t'/></filesystem>", "filesystem", "/run/x")]
    public void What_does_not_move_live_is_named_of_a_vm_that_runs_alone(string devices, string code, string named)
    {
        var blocker = new StorageKindCheck().Check(Context(devices)).ShouldHaveSingleItem();

        blocker.Code.ShouldBe(code);
        blocker.Problem.ShouldContain(named);
        new StorageKindCheck().Check(Context(devices, DomainState.ShutOff)).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("9.0.0", "11.3.0", true, "libvirt 9.0.0 of gen-1 does not migrate")]
    [InlineData("11.3.0", "10.9.0", true, "libvirt 10.9.0 of gen-2 does not migrate")]
    [InlineData("10.10.0", "11.3.0", false, "/opt/virtiofsd, which gen-2 does not have")]
    [InlineData("10.10.0", "11.3.0", true, null)]
    public void A_virtiofs_directory_moves_where_both_sides_can(string source, string target, bool there, string? named)
    {
        var context = Context("<filesystem type='mount'><driver type='virtiofs'/><binary path='/opt/virtiofsd'/><source dir='/v'/><target dir='t'/></filesystem>");
        if (there) _world.Kernel.Files[(SwapWorld.TargetPid, "/opt/virtiofsd")] = new FileFacts(5, 1, 0, 0, File);
        context = context with
        {
            Source = context.Source with { Host = context.Source.Host with { LibvirtVersion = Version.Parse(source) } },
            Target = context.Target with { Host = context.Target.Host with { LibvirtVersion = Version.Parse(target) } },
        };

        var problems = new StorageKindCheck().Check(context).Select(static blocker => blocker.Problem).ToList();

        if (named is null) problems.ShouldBeEmpty();
        else problems.ShouldHaveSingleItem().ShouldContain(named);
    }

    [Theory]
    [InlineData("absent", "not defined")]
    [InlineData("fleeting", "transient")]
    public void A_pool_that_will_not_be_there_is_named(string pool, string named) =>
        new StorageKindCheck().Check(Context($"<disk type='volume'><source pool='{pool}' volume='x'/><target dev='vda'/></disk>", DomainState.ShutOff))
            .ShouldHaveSingleItem().Problem.ShouldContain(named);

    private void OnBothSides(string path, uint mode, ulong inode)
    {
        foreach (var pid in new[] { SwapWorld.SourcePid, SwapWorld.TargetPid })
            _world.Kernel.Files[(pid, path)] = new FileFacts(5, inode, 0, 0, mode);
    }

    private IReadOnlyList<string> Problems(string devices) => [.. Check(Context(devices)).Select(static blocker => blocker.Problem)];

    private static IReadOnlyList<Blocker> Check(PlanContext context) => [.. new StorageCheck().Check(context)];

    private PlanContext Context(string devices, DomainState state = DomainState.Running)
    {
        var uuid = Guid.NewGuid();
        var machine = new VirtualMachine(
            new DomainRecord(uuid, "web", state, 0, Persistent: true, Autostart: false),
            DomainXmlReader.Read(DomainXmls.WithDevices(uuid, "web", devices)),
            [],
            Job: null,
            Unreadable: null);
        var context = PlanContexts.Of(_world, _world.Session.Settings, [machine]);
        return context with
        {
            Inventory = context.Inventory with
            {
                StoragePools =
                [
                    new LibvirtObject("off", Guid.NewGuid(), Active: false, Persistent: true, Autostart: false),
                    new LibvirtObject("fleeting", Guid.NewGuid(), Active: true, Persistent: false, Autostart: false),
                ],
            },
        };
    }
}
