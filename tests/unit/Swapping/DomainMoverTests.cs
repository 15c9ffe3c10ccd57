using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class DomainMoverTests : IDisposable
{
    private const string Disk = "/vms/web.qcow2";

    private readonly SwapWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData(DomainState.Running, true)]
    [InlineData(DomainState.Paused, true)]
    [InlineData(DomainState.Running, false)]
    public async Task A_vm_that_runs_arrives_with_state_and_persistence(DomainState state, bool persistent)
    {
        var vm = Running(state, persistent);
        _world.Source.Domains.OnMigrate = (uuid, request) =>
        {
            request.Persistent.ShouldBe(persistent);
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };

        var outcome = await MoveAsync(vm);

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        _world.States(vm.Uuid).ShouldBe([MoveState.Fenced, MoveState.Moving, MoveState.Arrived, MoveState.Verified]);
        _world.Journal.Moves(_world.Operation).Single().State.ShouldBe("Verified");
    }

    [Fact]
    public async Task Downtime_is_limited_before_the_migration_begins()
    {
        var vm = Running();
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Source.Domains.Calls.ShouldContain("max downtime 100");
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Verified);
    }

    [Fact]
    public async Task A_failed_migration_leaves_the_vm_where_it_was()
    {
        var vm = Running();
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Returned);
        _world.Source.Domains.Known[vm.Uuid].State.ShouldBe(DomainState.Running);
    }

    [Fact]
    public async Task A_vm_that_arrived_counts_as_arrived_whatever_libvirt_said()
    {
        var vm = Running();
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            throw new AdapterException("libvirt gen-1", "migrate", "the reply was lost");
        };
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Verified);
    }

    [Fact]
    public async Task Success_that_the_world_does_not_show_is_no_success()
    {
        var vm = Running();
        _world.Source.Domains.OnMigrate = (_, _) => Task.CompletedTask;
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Returned);
    }

    [Fact]
    public async Task A_move_that_failed_is_tried_again()
    {
        using var world = new SwapWorld { Retries = 2 };
        var vm = world.Source.Domains.Add("web", DomainState.Running);
        world.Run(vm.Uuid, SwapWorld.SourcePid);
        var tries = 0;
        world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            if (++tries < 3)
                throw new AdapterException("libvirt gen-1", "migrate", "the other side's QEMU died");
            world.Arrive(uuid);
            return Task.CompletedTask;
        };
        var session = world.Session;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);

        var outcome = await new DomainMover(session, foreign).MoveAsync(SwapWorld.Plan(vm), new Version(11, 3), CancellationToken.None);

        outcome.State.ShouldBe(MoveState.Verified);
        tries.ShouldBe(3);
        world.States(vm.Uuid).Count(state => state == MoveState.Returned).ShouldBe(2);
    }

    [Fact]
    public async Task A_vm_that_somebody_removed_before_its_turn_is_not_lost()
    {
        var vm = Running();
        _world.Source.Domains.Known.Remove(vm.Uuid);
        _world.Stop(vm.Uuid, SwapWorld.SourcePid);
        _world.Source.Domains.Events.Add(new DomainLifecycleEvent(vm.Uuid, DomainEvent.Undefined, 0));

        var outcome = await MoveAsync(vm);

        outcome.State.ShouldBe(MoveState.Removed);
        outcome.Reason.ShouldBe("somebody removed its definition in gen-1");
    }

    [Theory]
    [InlineData(0, MoveState.Removed)] // VIR_DOMAIN_EVENT_STOPPED_SHUTDOWN
    [InlineData(1, MoveState.Removed)] // …_DESTROYED
    [InlineData(2, MoveState.Lost)] // …_CRASHED
    [InlineData(5, MoveState.Lost)] // …_FAILED
    public async Task A_transient_vm_that_ends_during_its_move_is_lost_unless_somebody_wanted_it(int detail, MoveState expected)
    {
        var vm = Running(persistent: false);
        _world.Source.Domains.Events.Add(new DomainLifecycleEvent(vm.Uuid, DomainEvent.Stopped, detail));
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Source.Domains.Known.Remove(uuid);
            _world.Stop(uuid, SwapWorld.SourcePid);
            throw new AdapterException("libvirt gen-1", "migrate", "domain is no longer running");
        };
        (await MoveAsync(vm)).State.ShouldBe(expected);
    }

    [Fact]
    public async Task A_vm_that_is_on_neither_side_is_lost()
    {
        var vm = Running(persistent: false);
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Source.Domains.Known.Remove(uuid);
            _world.Stop(uuid, SwapWorld.SourcePid);
            return Task.CompletedTask;
        };
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Lost);
    }

    [Fact]
    public async Task A_vm_that_shuts_down_during_the_move_has_its_definition_carried()
    {
        var vm = Running();
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Source.Domains.Known[uuid] = vm with { State = DomainState.ShutOff, StateReason = 1 };
            _world.Stop(uuid, SwapWorld.SourcePid);
            throw new AdapterException("libvirt gen-1", "migrate", "domain is not running");
        };

        var outcome = await MoveAsync(vm);

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        outcome.Method.ShouldBe(MoveMethod.Define);
        _world.Source.Domains.Known.ShouldBeEmpty();
        _world.Target.Domains.Known[vm.Uuid].State.ShouldBe(DomainState.ShutOff);
    }

    [Theory]
    [InlineData(3)] // crashed
    [InlineData(6)] // failed
    [InlineData(0)] // unknown
    public async Task A_vm_whose_qemu_crashed_during_the_move_is_lost_and_its_definition_stays(int reason)
    {
        var vm = Running();
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Source.Domains.Known[uuid] = vm with { State = DomainState.ShutOff, StateReason = reason };
            _world.Stop(uuid, SwapWorld.SourcePid);
            throw new AdapterException("libvirt gen-1", "migrate", "monitor connection closed");
        };
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Lost);
        _world.Source.Domains.Known.ShouldContainKey(vm.Uuid);
        _world.Target.Domains.Known.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_shut_off_vm_is_defined_there_before_it_is_undefined_here()
    {
        var vm = _world.Source.Domains.Add("spare", DomainState.ShutOff);
        _world.Source.Domains.OnUndefine = uuid => _world.Target.Domains.Known.ContainsKey(uuid).ShouldBeTrue();

        (await MoveAsync(vm)).State.ShouldBe(MoveState.Verified);

        _world.Source.Domains.Known.ShouldBeEmpty();
        _world.Target.Domains.Known[vm.Uuid].Autostart.ShouldBeFalse();
    }

    [Fact]
    public async Task A_vm_that_is_started_while_its_definition_is_carried_moves_live()
    {
        var vm = _world.Source.Domains.Add("spare", DomainState.ShutOff);
        _world.Source.Domains.OnUndefine = uuid =>
        {
            if (_world.Source.Domains.Known[uuid].State == DomainState.ShutOff)
            {
                _world.Source.Domains.Known[uuid] = vm with { State = DomainState.Running };
                _world.Run(uuid, SwapWorld.SourcePid);
            }
        };
        _world.Source.Domains.OnMigrate = (uuid, request) =>
        {
            request.Persistent.ShouldBeTrue();
            _world.Target.Domains.Known.ShouldBeEmpty();
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };

        var outcome = await MoveAsync(vm);

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        outcome.Method.ShouldBe(MoveMethod.Copy);
    }

    [Fact]
    public async Task A_vm_that_an_interrupted_swap_moved_is_adopted()
    {
        var vm = _world.Target.Domains.Add("web", DomainState.Running);
        _world.Run(vm.Uuid, SwapWorld.TargetPid);
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Verified);
    }

    [Fact]
    public async Task A_definition_that_a_death_left_behind_is_removed()
    {
        var vm = Running();
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            _world.Source.Domains.Add("web", DomainState.ShutOff, uuid: uuid);
            return Task.CompletedTask;
        };
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Verified);
        _world.Source.Domains.Known.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_qemu_that_libvirt_does_not_know_of_is_left_alone()
    {
        var uuid = Guid.NewGuid();
        _world.Run(uuid, SwapWorld.SourcePid);
        var outcome = await MoveAsync(new DomainRecord(uuid, "ghost", DomainState.Running, 0, true, false));
        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("libvirt does not know");
    }

    [Fact]
    public async Task Owners_that_the_old_side_reset_are_put_back()
    {
        var vm = RunningWithDisk();
        SetOwner(Disk, 64055);
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            SetOwner(Disk, 0);
            return Task.CompletedTask;
        };

        (await MoveAsync(vm)).State.ShouldBe(MoveState.Verified);

        _world.Kernel.OwnerChanges.ShouldBe([$"{Disk} 64055:64055"]);
        _world.Journal.Entries(_world.Operation).ShouldContain(entry => entry.Step == "restore-owner");
    }

    [Fact]
    public async Task Owners_are_put_back_by_whoever_continues_after_a_death()
    {
        var vm = RunningWithDisk();
        SetOwner(Disk, 64055);
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            SetOwner(Disk, 0);
            throw new InvalidOperationException("as good as dead");
        };
        await Should.ThrowAsync<InvalidOperationException>(() => MoveAsync(vm));

        var found = await new Reconciliation(_world.Session).RunAsync();

        found.ShouldHaveSingleItem().Verdict.ShouldBe(Verdict.Adopt);
        _world.Kernel.OwnerChanges.ShouldBe([$"{Disk} 64055:64055"]);
    }

    [Fact]
    public async Task The_owner_before_the_first_move_counts()
    {
        var vm = RunningWithDisk();
        SetOwner(Disk, 64055);
        _world.Source.Domains.OnMigrate = (_, _) =>
        {
            SetOwner(Disk, 0);
            throw new AdapterException("libvirt gen-1", "migrate", "failed, and the files have been given away");
        };
        (await MoveAsync(vm)).State.ShouldBe(MoveState.Returned);
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };

        (await MoveAsync(vm)).State.ShouldBe(MoveState.Verified);

        _world.Kernel.OwnerChanges.ShouldBe([$"{Disk} 64055:64055"]);
    }

    [Fact]
    public async Task A_vm_that_changed_its_state_is_not_called_verified()
    {
        var vm = Running(DomainState.Paused);
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            _world.Target.Domains.Known[uuid] = _world.Target.Domains.Known[uuid] with { State = DomainState.Running };
            return Task.CompletedTask;
        };
        var outcome = await MoveAsync(vm);
        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("was Paused");
    }

    [Fact]
    public async Task A_vm_whose_tap_is_not_plugged_in_on_the_new_side_is_not_called_verified()
    {
        var vm = Running();
        _world.Source.Domains.Xml[vm.Uuid] = DomainXmls.WithDevices(
            vm.Uuid, "web", "<interface type='bridge'><source bridge='br0'/><target dev='vnet0'/></interface>");
        _world.Kernel.Texts[(SwapWorld.SourcePid, "/sys/class/net/br0/brif/vnet0/state")] = "3";
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };

        var outcome = await MoveAsync(vm);

        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("its tap vnet0 is not in the bridge br0 of gen-2");
        _world.Journal.Entries(_world.Operation).Single(entry => entry.Step == "verify").Observed.ShouldContain("vnet0");
    }

    [Fact]
    public async Task An_interruption_aborts_the_migration_and_waits_for_its_end()
    {
        using var stop = new CancellationTokenSource();
        var ended = new TaskCompletionSource();
        var vm = Running();
        _world.Source.Domains.OnMigrate = async (_, _) =>
        {
            await stop.CancelAsync();
            await ended.Task;
        };
        _world.Source.Domains.OnAbort = _ => ended.TrySetException(new AdapterException("libvirt gen-1", "migrate", "canceled by client"));

        var outcome = await MoveUntilAsync(vm, stop.Token);

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Reason.ShouldContain("interrupted");
        _world.Source.Domains.Calls.ShouldContain("abort");
    }

    [Fact]
    public async Task Intent_is_journalled_before_the_effect()
    {
        var vm = Running();
        _world.Source.Domains.OnMigrate = (uuid, _) =>
        {
            var entry = _world.Journal.Entries(_world.Operation).Single(item => item.Step == "migrate");
            entry.Result.ShouldBe(HostSwap.Orchestrator.Journal.EntryResult.Unknown);
            _world.Arrive(uuid);
            return Task.CompletedTask;
        };
        await MoveAsync(vm);
        _world.Journal.Entries(_world.Operation).Single(item => item.Step == "migrate").Observed.ShouldContain("new side: Running");
    }

    private DomainRecord Running(DomainState state = DomainState.Running, bool persistent = true)
    {
        var vm = _world.Source.Domains.Add("web", state, persistent);
        _world.Run(vm.Uuid, SwapWorld.SourcePid);
        return vm;
    }

    private DomainRecord RunningWithDisk()
    {
        var vm = Running();
        _world.Source.Domains.Xml[vm.Uuid] = _world.Source.Domains.Xml[vm.Uuid].Replace(
            "<devices />", $"<devices><disk type='file'><source file='{Disk}'/><target dev='vda'/></disk></devices>", StringComparison.Ordinal);
        return vm;
    }

    private void SetOwner(string path, uint owner)
    {
        foreach (var pid in new[] { SwapWorld.SourcePid, SwapWorld.TargetPid })
            _world.Kernel.Files[(pid, path)] = new FileFacts(1, 1, owner, owner, 0x81a4);
    }

    private Task<MoveOutcome> MoveAsync(DomainRecord vm) => MoveUntilAsync(vm, CancellationToken.None);

    private async Task<MoveOutcome> MoveUntilAsync(DomainRecord vm, CancellationToken stop)
    {
        var session = _world.Session;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        return await new DomainMover(session, foreign).MoveAsync(SwapWorld.Plan(vm), new Version(11, 3), stop);
    }
}
