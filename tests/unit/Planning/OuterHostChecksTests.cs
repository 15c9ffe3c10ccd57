using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

/// <summary>What a VM of the outer host's own libvirt would lose in a generation is told before it goes there.</summary>
public sealed class OuterHostChecksTests : IDisposable
{
    private const string OnBridge = "<interface type='bridge'><source bridge='br0'/></interface>";
    private const string OnNetwork = "<interface type='network'><source network='default'/></interface>";

    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("br0", null)]
    [InlineData("br-0123456789ab", "docker.outer_bridge = \"br0\"")]
    public void A_bridge_must_be_the_same_wire(string outside, string? fix)
    {
        var context = Context(OnBridge) with { OuterBridges = new Dictionary<string, string> { ["br0"] = outside } };

        var blockers = new OuterNetworkCheck().Check(context).ToList();

        if (fix is null)
            blockers.ShouldBeEmpty();
        else
            blockers.ShouldHaveSingleItem().Fix.ShouldContain(fix);
        new OuterNetworkCheck().Check(context.Reversed()).Count().ShouldBe(blockers.Count, "it is as wide apart on the way back");
    }

    [Theory]
    [InlineData("<forward mode='nat'/>", true)]
    [InlineData("<forward/>", true)]
    [InlineData("<forward mode='route'/>", true)]
    [InlineData("", false)]
    public void A_network_that_leads_out_of_the_outer_host_leads_nowhere_in_a_generation(string forward, bool blocks)
    {
        var context = WithNetwork(Context(OnNetwork), forward);

        new OuterNetworkCheck().Check(context).Select(static blocker => blocker.Code).ShouldBe(blocks ? ["network"] : []);
        new OuterNetworkCheck().Check(context.Reversed()).ShouldBeEmpty();
        var allowed = context with { Settings = context.Settings with { Adopt = new AdoptSettings(["default"]) } };
        new OuterNetworkCheck().Check(allowed).ShouldBeEmpty();
        OuterHostWarnings.Of(allowed).ShouldHaveSingleItem().ShouldStartWith("a: ");
    }

    [Fact]
    public void A_network_of_a_bridge_is_on_that_wire()
    {
        var context = WithNetwork(Context(OnNetwork), "<forward mode='bridge'/><bridge name='br0'/>");

        new OuterNetworkCheck().Check(context with { OuterBridges = new Dictionary<string, string> { ["br0"] = "br0" } }).ShouldBeEmpty();
        new OuterNetworkCheck().Check(context with { OuterBridges = new Dictionary<string, string> { ["br0"] = "other" } }).ShouldHaveSingleItem().Code.ShouldBe("bridge");
    }

    [Fact]
    public void Between_generations_nothing_of_it_is_looked_at()
    {
        var outer = Context(OnBridge) with { OuterBridges = new Dictionary<string, string> { ["br0"] = "other" } };
        var context = outer with { Source = outer.Source with { Generation = _world.Session.Source.Generation } };

        new OuterNetworkCheck().Check(context).ShouldBeEmpty();
        new OuterHostCheck().Check(context).ShouldBeEmpty();
        OuterHostWarnings.Of(context).ShouldBeEmpty();
    }

    [Fact]
    public void Its_libvirt_must_see_what_hostctl_sees()
    {
        var context = Context("");
        new OuterHostCheck().Check(context).Count().ShouldBe(4, "its files, its state, the migration sockets, the other side's socket");

        var paths = context.Settings.Paths;
        Same("/etc/libvirt", paths.Outer.Configuration);
        Same("/var/lib/libvirt", paths.Outer.State);
        Same(HostImageContract.MigrationSockets, paths.MigrationSockets);
        _world.Kernel.Files[(SwapWorld.SourcePid, context.Target.Generation.Paths.PeerLibvirtSocket)] = new FileFacts(1, 99, 0, 0, 0);

        new OuterHostCheck().Check(context).ShouldBeEmpty();
    }

    [Fact]
    public void QEMUs_of_another_user_than_generations_have_are_refused()
    {
        var context = Context("");
        _world.Run(context.Inventory.VirtualMachines[0].Domain.Uuid, SwapWorld.SourcePid);
        _world.Kernel.User = new ProcessUser(107, new HashSet<uint>());
        new OuterHostCheck().Check(context).Single(static blocker => blocker.Subject == "a").Problem.ShouldContain("user 107");

        _world.Kernel.User = new ProcessUser(HostImageContract.QemuUser, new HashSet<uint>());
        new OuterHostCheck().Check(context).ShouldNotContain(static blocker => blocker.Subject == "a");
    }

    [Fact]
    public void What_is_saved_cannot_leave_a_file_system()
    {
        var context = Context("");
        var paths = context.Settings.Paths;
        _world.Kernel.Files[(Environment.ProcessId, paths.Outer.State)] = new FileFacts(1, 1, 0, 0, 0);
        _world.Kernel.Files[(Environment.ProcessId, paths.GenerationStates)] = new FileFacts(2, 1, 0, 0, 0);
        new OuterHostCheck().Check(context).ShouldNotContain(static blocker => blocker.Subject == "a");

        var uuid = context.Inventory.VirtualMachines[0].Domain.Uuid;
        context = context with { SavedImages = new Dictionary<Guid, Orchestrator.Carrying.SavedImage> { [uuid] = null! } };
        new OuterHostCheck().Check(context).Single(static blocker => blocker.Subject == "a").Problem.ShouldContain("different file systems");
    }

    [Fact]
    public void AppArmor_and_scripts_of_the_outer_hosts_own_are_warned_of()
    {
        var context = Context("");
        _world.Kernel.Texts[(SwapWorld.SourcePid, "/sys/module/apparmor/parameters/enabled")] = "Y";
        _world.Kernel.Files[(SwapWorld.SourcePid, "/etc/libvirt/hooks/qemu")] = new FileFacts(1, 1, 0, 0, 0);

        OuterHostWarnings.Of(context).Count().ShouldBe(2);
    }

    private PlanContext Context(string devices)
    {
        var uuid = Guid.NewGuid();
        var definition = DomainXmlReader.Read($"<domain type='kvm'><name>a</name><uuid>{uuid}</uuid><memory>1</memory><os><type arch='x86_64' machine='q35'>hvm</type></os><devices>{devices}</devices></domain>");
        var machine = new VirtualMachine(new DomainRecord(uuid, "a", DomainState.ShutOff, StateReason: 0, Persistent: true, Autostart: false), definition, [], Job: null, Unreadable: null);
        var context = PlanContexts.Of(_world, _world.Settings, [machine]);
        var record = new GenerationRecord(GenerationPaths.OuterNumber, nameof(GenerationRole.Active), OuterEngine.Image, OuterEngine.Image, Guid.NewGuid(), DateTimeOffset.UnixEpoch, RetiredAt: null);
        return context with { Source = context.Source with { Generation = Generation.From(record, _world.Paths) } };
    }

    private static PlanContext WithNetwork(PlanContext context, string forward)
    {
        var network = new HostObject(HostObjectKind.Network, "default", Guid.NewGuid(), $"<network><name>default</name>{forward}</network>", Autostart: true, Active: true);
        return context with { SourceObjects = [network], TargetObjects = [network] };
    }

    private void Same(string inside, string outside)
    {
        var facts = new FileFacts(1, (ulong)_world.Kernel.Files.Count, 0, 0, 0);
        _world.Kernel.Files[(SwapWorld.SourcePid, inside)] = facts;
        _world.Kernel.Files[(Environment.ProcessId, outside)] = facts;
    }
}
