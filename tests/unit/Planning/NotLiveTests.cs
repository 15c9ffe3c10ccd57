using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Planning;

public sealed class NotLiveTests : IDisposable
{
    private const string HostDevice = "<hostdev mode='subsystem' type='pci'/>";
    private const string Shmem = "<shmem name='ring' role='peer'/>";
    private const string Transient = "<disk type='file'><target dev='vda'/><transient/></disk>";
    private const string Nvme = "<disk type='nvme'><target dev='vdb'/></disk>";
    private const string NinePFilesystem = "<filesystem><source dir='/srv/a'/><target dir='a'/></filesystem>";

    private const string Capabilities =
        "<capabilities><guest><arch name='x86_64'><domain type='qemu'/><machine>pc-q35-7.2</machine></arch></guest></capabilities>";

    private readonly SwapWorld _world = new();
    private VmSettings _said = new(Policy: null, Priority: null, Group: null);

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(HostDevice, "host-device", "pci device")]
    [InlineData(Shmem, "host-device", "shared memory device ring (shmem, role peer)")]
    [InlineData("<interface type='hostdev'/>", "host-device", "network interface of type hostdev")]
    [InlineData("<interface type='direct'/>", "host-device", "network interface of type direct")]
    [InlineData(Transient, "storage", "is transient")]
    [InlineData(Nvme, "storage", "is of type nvme")]
    [InlineData(NinePFilesystem, "filesystem", "9p")]
    public void Each_reason_refuses_by_default_and_is_answered_by_a_restart(string device, string code, string named)
    {
        var refused = Plan(Machine(device));
        refused.Blockers.ShouldContain(blocker => blocker.Code == code && blocker.Subject == "db" && blocker.Problem.Contains(named, StringComparison.Ordinal));
        refused.Moves.ShouldHaveSingleItem().WhyNotLive.ShouldBeEmpty();

        _said = _said with { WhenNotLive = NotLivePolicy.Restart };
        var plan = Plan(Machine(device));
        plan.Blockers.Where(static blocker => blocker.Code is not "storage" || !blocker.Problem.Contains("/srv/a", StringComparison.Ordinal)).ShouldBeEmpty();
        var move = plan.Moves.ShouldHaveSingleItem();
        move.Method.ShouldBe(MoveMethod.Restart);
        move.WhyNotLive.ShouldHaveSingleItem().ShouldContain(named);
        move.Reason.ShouldContain("off for as long as its own shutdown (at most 5m, or it stays) and boot take");
        move.ExtraMemoryBytes.ShouldBe(0);
    }

    [Fact]
    public void All_reasons_are_told_at_once()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart, Live = false };
        Plan(Machine(HostDevice + Shmem + Transient)).Moves[0].WhyNotLive.Count.ShouldBe(4);

        _said = _said with { WhenNotLive = NotLivePolicy.Refuse };
        Plan(Machine(HostDevice + Shmem + Transient)).Blockers.Count.ShouldBe(4);
    }

    [Fact]
    public void A_vm_that_must_not_move_live_is_refused_or_restarted_though_it_could()
    {
        _said = _said with { Live = false };
        Plan(Machine("")).Blockers.ShouldHaveSingleItem().Code.ShouldBe("not-live");
        _said = _said with { WhenNotLive = NotLivePolicy.Restart, ShutdownDeadline = TimeSpan.FromSeconds(90) };
        var move = Plan(Machine("")).Moves.ShouldHaveSingleItem();
        move.Method.ShouldBe(MoveMethod.Restart);
        move.Reason.ShouldContain("at most 1m30s");
        move.Policy.InWords.ShouldBe("never live, when not live: restart");
    }

    [Fact]
    public void One_that_moves_live_is_not_restarted_for_its_policy_alone()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart };
        Plan(Machine("")).Moves.ShouldHaveSingleItem().Method.ShouldBe(MoveMethod.Copy);
    }

    [Fact]
    public void One_that_is_shut_off_moves_as_ever()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart, Live = false };
        var plan = Plan(Machine(HostDevice, DomainState.ShutOff));
        plan.Blockers.ShouldBeEmpty();
        plan.Moves.ShouldHaveSingleItem().Method.ShouldBe(MoveMethod.Define);
    }

    [Theory]
    [InlineData(DomainState.Paused, true, "destroy", "only a guest that runs")]
    [InlineData(DomainState.Running, false, "destroy", "it is transient")]
    [InlineData(DomainState.Running, true, "restart", "on_poweroff is restart")]
    [InlineData(DomainState.Running, true, "preserve", "on_poweroff is preserve")]
    public void One_that_cannot_be_restarted_is_refused_with_both_reasons(DomainState state, bool persistent, string powerOff, string named)
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart };
        var machine = Machine(HostDevice, state);
        var plan = Plan(machine with { Domain = machine.Domain with { Persistent = persistent }, Definition = machine.Definition! with { OnPowerOff = powerOff } });
        plan.Blockers.Select(static blocker => blocker.Code).Order(StringComparer.Ordinal).ShouldBe(["host-device", "restart"]);
        plan.Blockers.ShouldContain(blocker => blocker.Problem.Contains(named, StringComparison.Ordinal));
        plan.Moves.ShouldHaveSingleItem().Method.ShouldBe(MoveMethod.Copy);
    }

    [Fact]
    public void A_machine_type_of_the_old_side_is_answered_only_where_the_next_start_has_another()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart };
        var machine = Machine("");
        var old = machine with { Definition = machine.Definition! with { MachineType = "pc-q35-2.0" } };

        Plan(old with { AtNextStart = old.Definition }).Blockers.ShouldHaveSingleItem().Code.ShouldBe("machine-type");
        var plan = Plan(old with { AtNextStart = machine.Definition });
        plan.Blockers.ShouldBeEmpty();
        plan.Moves.ShouldHaveSingleItem().Method.ShouldBe(MoveMethod.Restart);
    }

    [Fact]
    public void A_job_that_runs_on_it_and_what_it_needs_at_its_start_forbid_a_restart_too()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart, Live = false };
        var machine = Machine("<interface type='bridge'><source bridge='br9'/></interface><disk type='file'><target dev='vda'/></disk>");
        var plan = Plan(machine with { BlockJobs = new Dictionary<string, BlockJob>(StringComparer.Ordinal) { ["vda"] = new(BlockJobKind.Pull, 1, 2) } });
        plan.Blockers.Select(static blocker => blocker.Code).Order(StringComparer.Ordinal).ShouldBe(["bridge", "operation"]);
    }

    [Fact]
    public void It_needs_no_room_for_a_copy()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart, Live = false };
        var machine = Machine("");
        var large = machine with { Definition = machine.Definition! with { MemoryBytes = long.MaxValue >> 1 } };
        Plan(large).Blockers.ShouldBeEmpty();

        _said = _said with { WhenNotLive = NotLivePolicy.Refuse };
        Plan(large).Blockers.Select(static blocker => blocker.Code).Order(StringComparer.Ordinal).ShouldBe(["memory", "not-live"]);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData(HostDevice, false)]
    [InlineData(Transient, false)]
    public void A_save_answers_the_will_of_a_person_and_no_device(string device, bool answered)
    {
        _said = _said with { WhenNotLive = NotLivePolicy.SaveRestore, Live = false };
        var plan = Plan(Machine(device));
        (plan.Blockers.Count == 0, plan.Moves[0].Method == MoveMethod.SaveRestore).ShouldBe((answered, answered));
        if (answered)
            plan.Moves[0].Reason.ShouldContain("stands still for as long as at most 256 MiB take to be written to the disk and read again");
        else
            plan.Blockers.Count.ShouldBe(2, "all that is in the way is told at once");
    }

    [Fact]
    public void A_save_answers_a_want_of_memory_and_needs_room_on_the_disk()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.SaveRestore };
        var machine = Machine("");
        var large = machine with { Definition = machine.Definition! with { MemoryBytes = long.MaxValue >> 2 } };
        Plan(large).Moves.ShouldHaveSingleItem().Method.ShouldBe(MoveMethod.SaveRestore);
        Plan(large).Blockers.ShouldBeEmpty();
        Plan(large, freeStateBytes: 1 << 30).Blockers.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            static blocker => blocker.Code.ShouldBe("save-restore"), static blocker => blocker.Problem.ShouldContain("no room to save it"));
        Plan(large with { Domain = large.Domain with { Persistent = false } }).Blockers.ShouldContain(static blocker => blocker.Code == "save-restore" && blocker.Problem.Contains("transient", StringComparison.Ordinal));
    }

    [Fact]
    public void What_can_be_detached_is_and_the_vm_moves_as_ever()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.DetachReattach };
        var plan = Plan(Machine(HostDevice + Shmem));
        plan.Blockers.ShouldBeEmpty();
        var move = plan.Moves.ShouldHaveSingleItem();
        (move.Method, move.Detaches, move.WhyNotLive.Count).ShouldBe((MoveMethod.Copy, true, 2));
        move.Reason.ShouldContain("attached again after; its RAM is copied while it runs");

        Plan(Machine(Shmem + Transient)).Blockers.Count.ShouldBe(2, "a disk is not detached");
        Plan(Machine("<tpm model='tpm-tis'><backend type='passthrough'/></tpm>")).Blockers.ShouldHaveSingleItem().Code.ShouldBe("host-device");
        Plan(Machine("<tpm model='tpm-crb'><backend type='emulator'><source type='dir' path='/srv/tpm'/></backend></tpm>")).Blockers
            .Select(static blocker => blocker.Problem).ShouldBe(["it has a virtual TPM that keeps what it holds in /srv/tpm, which cannot move live", "/srv/tpm does not exist in gen-2"], ignoreOrder: true);
        Plan(Machine(Shmem, DomainState.Paused)).Blockers.Select(static blocker => blocker.Code).ShouldBe(["host-device", "detach-reattach"], ignoreOrder: true);
        var large = Machine(Shmem);
        Plan(large with { Definition = large.Definition! with { MemoryBytes = long.MaxValue >> 2 } }).Blockers.ShouldContain(static blocker => blocker.Code == "memory", "it is copied");
    }

    [Fact]
    public void One_that_is_to_be_left_forbids_nothing_that_another_way_would_answer()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Leave, Live = false };
        var plan = Plan(Machine(HostDevice + Transient));
        plan.Blockers.ShouldBeEmpty();
        plan.Moves.ShouldHaveSingleItem().ShouldSatisfyAllConditions(static move => move.Method.ShouldBe(MoveMethod.Leave), static move => move.WhyNotLive.Count.ShouldBe(3));
        _said = _said with { Live = null };
        Plan(Machine("")).Moves.ShouldHaveSingleItem().Method.ShouldBe(MoveMethod.Copy);
    }

    [Fact]
    public void Its_own_metadata_says_it_where_the_configuration_does_not()
    {
        const string Metadata = "<metadata><vm xmlns='urn:hostswap:vm:1'><live>no</live><when_not_live>restart</when_not_live></vm></metadata>";
        Plan(Machine("", metadata: Metadata)).Moves.ShouldHaveSingleItem().Method.ShouldBe(MoveMethod.Restart);
        _said = _said with { WhenNotLive = NotLivePolicy.Refuse };
        Plan(Machine("", metadata: Metadata)).Blockers.ShouldHaveSingleItem().Code.ShouldBe("not-live");
        _said = _said with { Live = true };
        Plan(Machine("", metadata: Metadata)).Blockers.ShouldBeEmpty();
    }

    [Fact]
    public void It_can_come_back_as_it_went()
    {
        _said = _said with { WhenNotLive = NotLivePolicy.Restart };
        Plan(Machine(HostDevice)).Moves.ShouldHaveSingleItem().NoWayBack.ShouldBeNull();
    }

    private static VirtualMachine Machine(string devices, DomainState state = DomainState.Running, string metadata = "")
    {
        var xml = DomainXmls.WithDevices(Guid.NewGuid(), "db", devices).Replace("<devices", $"{metadata}<devices", StringComparison.Ordinal);
        return new VirtualMachine(
            new DomainRecord(Guid.NewGuid(), "db", state, 0, Persistent: true, Autostart: false), DomainXmlReader.Read(xml), [], Job: null, Unreadable: null);
    }

    private SwapPlan Plan(VirtualMachine machine, long freeStateBytes = long.MaxValue)
    {
        var settings = _world.Settings with { Vms = new Dictionary<string, VmSettings>(StringComparer.Ordinal) { ["db"] = _said } };
        var context = PlanContexts.Of(_world, settings, [machine]);
        return Planner.Make(context with
        {
            FreeStateBytes = freeStateBytes,
            Source = context.Source with { Host = context.Source.Host with { CapabilitiesXml = Capabilities } },
            Target = context.Target with { Host = context.Target.Host with { CapabilitiesXml = Capabilities } },
        });
    }
}
