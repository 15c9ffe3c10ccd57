using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>What guards a handover where something else fails: a hook that does not ask, a reply that is lost, a libvirt that is gone.</summary>
public sealed class HandoverGuardTests : HandoverFixture
{
    [Fact]
    public async Task The_old_qemu_is_told_before_anything_begins_so_that_a_new_one_that_is_not_refuses()
    {
        var tries = 0;
        World.Source.Domains.OnMigrate = (_, _) =>
        {
            Source.Ignores.ShouldBe(tries == 0);
            if (tries++ == 0)
                throw new AdapterException("libvirt gen-1", "migrate", "received capability is on");
            Arrive(DomainState.Running);
            return Task.CompletedTask;
        };

        var outcome = await MoveAsync();

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.Copy));
        outcome.Reason.ShouldContain("its RAM was copied: the libvirt of gen-2 has not asked for it");
    }

    [Fact]
    public async Task An_old_qemu_that_cannot_be_told_is_not_sent_without_ram()
    {
        Source.Refuses = true;
        World.Source.Domains.OnMigrate = (_, request) =>
        {
            World.Hooks.Tickets.ShouldBeEmpty();
            Arrive(DomainState.Running);
            return Task.CompletedTask;
        };

        (await MoveAsync()).Method.ShouldBe(MoveMethod.Copy);
    }

    [Fact]
    public async Task A_handover_that_cannot_begin_is_no_copy_where_there_is_no_room_for_one()
    {
        World.Kernel.Available = 0;
        World.Qmp.Monitors.Clear();

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Returned);
        outcome.Reason.ShouldContain("there is no room for a copy");
    }

    /// <summary>QEMU refuses post-copy with it.</summary>
    [Fact]
    public async Task It_never_becomes_post_copy()
    {
        Lock();
        World.Source.Domains.OnMigrate = async (_, request) =>
        {
            request.PostCopy.ShouldBe(PostCopyUse.Never);
            (await AskAsync()).ShouldBeNull();
            Arrive(DomainState.Running);
        };

        (await MoveAsync(ConvergencePolicy.PostCopy)).State.ShouldBe(MoveState.Verified);
    }

    /// <summary>A saved image of whichever QEMU lives on would have no RAM in it.</summary>
    [Fact]
    public async Task Where_nobody_can_tell_who_owns_it_both_qemus_save_its_ram_again()
    {
        Time = new HastyTime();
        World.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            World.Target.Domains.Add("web", DomainState.Paused, uuid: Vm.Uuid);
            throw new AdapterException("libvirt gen-1", "migrate", "End of file while reading data");
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Left);

        (Source.Ignores, Target.Ignores).ShouldBe((false, false));
    }

    [Fact]
    public async Task A_libvirt_that_starts_again_is_asked_again_to_have_it_go_on()
    {
        var asked = 0;
        World.Target.Domains.OnResume = _ =>
        {
            if (++asked < 3)
                throw new AdapterException("libvirt gen-2", "resume", "the connection is closed");
        };
        ArrivePaused();

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);

        asked.ShouldBe(3);
    }

    [Fact]
    public async Task An_answer_that_was_lost_is_not_waited_for()
    {
        World.Target.Domains.OnResume = _ =>
        {
            Target.RunState = "running";
            World.Target.Domains.Known[Vm.Uuid] = World.Target.Domains.Known[Vm.Uuid] with { State = DomainState.Running };
            throw new AdapterException("libvirt gen-2", "resume", "the connection is closed");
        };
        ArrivePaused();

        (await MoveAsync()).State.ShouldBe(MoveState.Verified);
    }

    [Fact]
    public async Task One_that_could_not_be_resumed_is_by_a_resumption_once()
    {
        Time = new HastyTime();
        World.Target.Domains.OnResume = _ => throw new AdapterException("libvirt gen-2", "resume", "no answer");
        ArrivePaused();
        var outcome = await MoveAsync();
        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("could not be resumed: ");
        World.Journal.Entries(World.Operation).Single(static entry => entry.Step is MoveNotes.Step).Result.ShouldBe(EntryResult.Failed);

        World.Target.Domains.OnResume = _ => { };
        Target.RunState = "paused";
        var reconciled = (await new Reconciliation(World.Session).RunAsync()).ShouldHaveSingleItem();
        (reconciled.Verdict, World.Target.Domains.Known[Vm.Uuid].State).ShouldBe((Verdict.Adopt, DomainState.Running));

        World.Target.Domains.Known[Vm.Uuid] = World.Target.Domains.Known[Vm.Uuid] with { State = DomainState.Paused };
        await new Reconciliation(World.Session).RunAsync();
        World.Target.Domains.Known[Vm.Uuid].State.ShouldBe(DomainState.Paused, "a person has paused it since");
    }

    /// <summary>Its libvirt took the migration for failed, and could not have the old QEMU go on: the new one is the guest.</summary>
    [Fact]
    public async Task A_lost_reply_leaves_it_with_the_new_qemu_that_runs()
    {
        Lock();
        LoseReply(DomainState.Running, "running");

        var outcome = await MoveAsync();

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.Handover), outcome.Reason);
        World.Source.Domains.Calls.ShouldContain("destroy web");
        World.Target.Domains.Calls.ShouldNotContain($"resume {Vm.Uuid}");
    }

    [Fact]
    public async Task A_lost_reply_has_a_new_qemu_that_waits_go_on_once_the_old_one_is_ended()
    {
        World.Target.Domains.OnResume = _ => World.Source.Domains.Calls.ShouldContain("destroy web");
        LoseReply(DomainState.Paused, "paused");

        var outcome = await MoveAsync();

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.Handover), outcome.Reason);
        World.Target.Domains.Known[Vm.Uuid].State.ShouldBe(DomainState.Running);
    }

    /// <summary>The image lock ends with the new QEMU, and hostctl's own is there by then.</summary>
    [Fact]
    public async Task A_new_qemu_that_ends_once_its_guest_executed_takes_the_old_one_with_it()
    {
        Lock();
        World.Source.Domains.OnDestroy = domain =>
        {
            World.Kernel.Held.ShouldHaveSingleItem();
            World.Stop(domain.Uuid, SwapWorld.SourcePid);
            return true;
        };
        Die(executed: true);

        var outcome = await MoveAsync();

        (outcome.State, World.Source.Domains.Known[Vm.Uuid].State).ShouldBe((MoveState.Lost, DomainState.ShutOff), outcome.Reason);
        outcome.Reason.ShouldContain("start it anew");
        World.Kernel.Held.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_new_qemu_that_ends_before_lets_the_old_one_go_on()
    {
        Lock();
        World.Kernel.Available = 0;
        Die(executed: false);

        var outcome = await MoveAsync();

        (outcome.State, World.Source.Domains.Known[Vm.Uuid].State).ShouldBe((MoveState.Returned, DomainState.Running), outcome.Reason);
    }

    private void Die(bool executed)
    {
        World.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            if (executed) Target.Execution.SetResult();
            else Target.Execution.SetException(new AdapterException("qemu web", "RESUME", "it closed the connection"));
            World.Stop(Vm.Uuid, SwapWorld.TargetPid);
            throw new AdapterException("libvirt gen-1", "migrate", "the new QEMU died");
        };
    }

    /// <summary>Both QEMUs have all of the guest, and nothing came back.</summary>
    private void LoseReply(DomainState state, string run)
    {
        Time = new HastyTime();
        World.Source.Domains.OnDestroy = domain =>
        {
            World.Stop(domain.Uuid, SwapWorld.SourcePid);
            return true;
        };
        World.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            (Source.RunState, Source.Migration) = ("postmigrate", "completed");
            (Target.RunState, Target.Migration) = (run, "completed");
            World.Source.Domains.Known[Vm.Uuid] = World.Source.Domains.Known[Vm.Uuid] with { State = DomainState.Paused };
            World.Target.Domains.Add("web", state, uuid: Vm.Uuid);
            throw new AdapterException("libvirt gen-1", "migrate", "End of file while reading data");
        };
    }

    private void ArrivePaused() => World.Source.Domains.OnMigrate = async (_, _) =>
    {
        (await AskAsync()).ShouldBeNull();
        Target.Migration = "completed";
        Target.RunState = "paused";
        Arrive(DomainState.Paused);
    };
}
