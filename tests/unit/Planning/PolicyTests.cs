using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

public sealed class PolicyTests : IDisposable
{
    private const string Kernel = "/proc/sys/vm/unprivileged_userfaultfd";

    private readonly SwapWorld _world = new();
    private readonly List<VirtualMachine> _machines = [];
    private HostSwapSettings _settings;

    public PolicyTests() => _settings = _world.Settings;

    public void Dispose() => _world.Dispose();

    [Fact]
    public void The_machine_goes_before_the_vm_and_the_vm_before_the_default_point_by_point()
    {
        Configure("web", new VmSettings(Policy: null, Priority: 3, Group: "machine"));
        var machine = Add("web", "<policy>pause</policy><priority>9</priority><group>own</group>");
        VmPolicy.Of(machine, _settings).ShouldBe(new VmPolicy(ConvergencePolicy.Pause, 3, "machine"));
        VmPolicy.Of(Add("other", ""), _settings).ShouldBe(VmPolicy.Default);
        VmPolicy.Of(machine, _settings).InWords.ShouldBe("policy pause, priority 3, group machine");
        VmPolicy.Default.InWords.ShouldBeEmpty();
    }

    [Fact]
    public void Running_first_then_priority_then_size_then_name()
    {
        Add("b", "");
        Add("a", "");
        Add("large", "<priority>5</priority>", memoryMiB: 900);
        Add("small", "<priority>5</priority>", memoryMiB: 100);
        Add("late", "<priority>-1</priority>");
        Add("off", "<priority>99</priority>", DomainState.ShutOff);

        var moves = Planner.Make(Context()).Moves;

        moves.Select(move => move.Name).ShouldBe(["small", "large", "a", "b", "late", "off"]);
        moves.Select(move => move.Order).ShouldBe([1, 2, 3, 4, 5, 6]);
        moves[0].Policy.Priority.ShouldBe(5);
        moves[0].ExtraMemoryBytes.ShouldBe(100L << 20);
        moves[^1].ExtraMemoryBytes.ShouldBe(0);
    }

    [Fact]
    public void What_a_vm_says_and_nobody_understands_forbids_the_swap_and_is_named()
    {
        Add("web", "<policy>x</policy><prio>1</prio>");
        var blockers = new PolicyCheck().Check(Context()).ToList();
        blockers.Count.ShouldBe(2);
        blockers.ShouldAllBe(blocker => blocker.Code == "metadata" && blocker.Subject == "web");
        blockers[0].Problem.ShouldContain("<policy> says");
        blockers[1].Problem.ShouldContain("<prio>");
    }

    [Theory]
    [InlineData("1", DomainState.Running, false)]
    [InlineData("0", DomainState.Running, true)]
    [InlineData(null, DomainState.Running, true)]
    [InlineData("0", DomainState.ShutOff, false)]
    public void Post_copy_needs_the_kernels_leave(string? kernel, DomainState state, bool blocked)
    {
        Add("web", "<policy>postcopy</policy>", state);
        if (kernel is not null)
            _world.Kernel.Texts[(SwapWorld.TargetPid, Kernel)] = kernel;
        new PolicyCheck().Check(Context()).Any(blocker => blocker.Code == "postcopy").ShouldBe(blocked);
    }

    [Theory]
    [InlineData("9.0", false)]
    [InlineData("11.3", true)]
    [InlineData("11.4", false)]
    public void A_libvirt_that_could_not_mend_a_post_copy_is_told(string libvirt, bool told)
    {
        Add("web", "<policy>postcopy</policy>");
        Planner.Make(Context(libvirt)).Warnings.Any(warning => warning.Contains("web: should post-copy break off", StringComparison.Ordinal)).ShouldBe(told);
    }

    [Fact]
    public void A_vm_in_the_middle_of_a_post_copy_is_not_moved()
    {
        _machines.Add(Add("web", "") with { Domain = new DomainRecord(Guid.NewGuid(), "half", DomainState.Paused, 13, Persistent: true, Autostart: false) });
        new DomainStateCheck().Check(Context()).ShouldContain(blocker => blocker.Code == "postcopy" && blocker.Subject == "half");
    }

    [Fact]
    public void A_table_for_a_vm_that_does_not_exist_is_told()
    {
        Add("web", "");
        Configure("wbe", new VmSettings(Policy: null, Priority: 1, Group: null));
        Planner.Make(Context()).Warnings.ShouldHaveSingleItem().ShouldContain("wbe");
    }

    private void Configure(string vm, VmSettings settings) =>
        _settings = _settings with { Vms = new Dictionary<string, VmSettings>(StringComparer.Ordinal) { [vm] = settings } };

    private VirtualMachine Add(string name, string metadata, DomainState state = DomainState.Running, int memoryMiB = 256)
    {
        var xml = DomainXmls.Plain(Guid.NewGuid(), name)
            .Replace(">256<", $">{memoryMiB}<", StringComparison.Ordinal)
            .Replace("<devices />", $"<metadata><vm xmlns='urn:hostswap:vm:1'>{metadata}</vm></metadata><devices />", StringComparison.Ordinal);
        var machine = new VirtualMachine(
            new DomainRecord(Guid.NewGuid(), name, state, 0, Persistent: true, Autostart: false), DomainXmlReader.Read(xml), [], Job: null, Unreadable: null);
        _machines.Add(machine);
        return machine;
    }

    private PlanContext Context(string libvirt = "9.0") => PlanContexts.Of(_world, _settings, _machines, libvirt);
}
