using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

public sealed class NetworkWarningsTests : IDisposable
{
    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("<forward mode='nat'/>", true, true)]
    [InlineData("<forward/>", true, true)]
    [InlineData("<forward mode='route'/>", true, true)]
    [InlineData("", false, true)]
    [InlineData("<forward mode='bridge'/>", false, false)]
    public void What_libvirt_routes_itself_ends_in_the_generation_and_what_it_bridges_is_parted(string forward, bool ends, bool parted)
    {
        var warnings = Warnings($"<network><name>default</name>{forward}</network>", "web", "db");

        warnings.Any(static warning => warning.StartsWith("web, db: the libvirt network default (forward mode ", StringComparison.Ordinal) && warning.Contains("<bridge name='br0'/>", StringComparison.Ordinal)).ShouldBe(ends);
        warnings.Any(static warning => warning.Contains("do not reach each other on the libvirt network default", StringComparison.Ordinal)).ShouldBe(parted);
    }

    [Fact]
    public void One_VM_alone_has_nobody_to_reach() =>
        Warnings("<network><name>default</name></network>", "web").ShouldBeEmpty();

    [Fact]
    public void A_bridge_that_one_side_has_alone_is_named()
    {
        _world.Kernel.Interfaces[SwapWorld.TargetPid] = ["br0", "br1"];
        _world.Kernel.Interfaces[SwapWorld.SourcePid] = ["br0"];

        Warnings("<network><name>default</name></network>").ShouldHaveSingleItem().ShouldStartWith("the bridge br1 (net-lan) is new in ");
    }

    [Fact]
    public void Tags_are_forgotten_by_an_old_QEMU() =>
        Warnings("<network><name>default</name></network>", new Version(7, 2, 22), "web").ShouldHaveSingleItem().ShouldContain("(VLAN)");

    [Fact]
    public void A_card_on_a_device_of_the_outer_host_is_a_blocker()
    {
        var definition = DomainXmlReader.Read(
            "<domain type='qemu'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices><interface type='direct'><source dev='eth0' mode='bridge'/></interface></devices></domain>");

        var plan = Planner.Make(PlanContexts.Of(_world, _world.Settings, [Machine("web") with { Definition = definition }]));

        plan.Blockers.ShouldContain(static blocker => blocker.Code == "host-device" && blocker.Subject == "web" && blocker.Problem.Contains("type direct", StringComparison.Ordinal));
    }

    private IReadOnlyList<string> Warnings(string network, params string[] names) => Warnings(network, new Version(10, 0), names);

    private IReadOnlyList<string> Warnings(string network, Version qemu, params string[] names)
    {
        var settings = _world.Settings with { FurtherNetworks = [new GuestNetwork("br1", "net-lan", null, null)] };
        var context = PlanContexts.Of(_world, settings, [.. names.Select(Machine)]);
        return [.. NetworkWarnings.Of(context with
        {
            Target = context.Target with { Host = context.Target.Host with { HypervisorVersion = qemu } },
            SourceObjects = [new HostObject(HostObjectKind.Network, "default", Guid.NewGuid(), network, Active: true, Autostart: true)],
        })];
    }

    private static VirtualMachine Machine(string name)
    {
        var definition = DomainXmlReader.Read(
            "<domain type='qemu'><os><type arch='x86_64' machine='q35'>hvm</type></os><devices><interface type='network'><source network='default'/></interface></devices></domain>");
        return new VirtualMachine(
            new DomainRecord(Guid.NewGuid(), name, DomainState.Running, 0, Persistent: true, Autostart: false), definition, [], Job: null, Unreadable: null);
    }
}
