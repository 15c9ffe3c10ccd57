using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>What a handover does where all goes well, and where its RAM or its QEMU is not what it must be.</summary>
public sealed class HandoverTests : HandoverFixture
{
    [Fact]
    public async Task With_an_image_lock_it_goes_on_by_itself_and_saves_its_ram_again()
    {
        Lock();
        World.Source.Domains.OnMigrate = async (_, request) =>
        {
            request.ArrivesPaused.ShouldBeFalse();
            request.AutoConverge.ShouldBeFalse();
            (await AskAsync()).ShouldBeNull();
            (Source.Ignores, Target.Ignores).ShouldBe((true, true));
            Arrive(DomainState.Running);
        };

        var outcome = await MoveAsync();

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.Handover), outcome.Reason);
        Target.Ignores.ShouldBeFalse();
        World.Target.Domains.Calls.ShouldNotContain($"resume {Vm.Uuid}");
        World.Hooks.Tickets.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_one_it_arrives_paused_and_goes_on_once_its_old_qemu_has_ended()
    {
        World.Source.Domains.OnMigrate = async (_, request) =>
        {
            request.ArrivesPaused.ShouldBeTrue();
            (await AskAsync()).ShouldBeNull();
            Target.Migration = "completed";
            World.Target.Domains.Calls.ShouldNotContain($"resume {Vm.Uuid}", "the old QEMU still lives");
            Arrive(DomainState.Paused);
        };

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        World.Target.Domains.Calls.ShouldContain($"resume {Vm.Uuid}");
        Target.Ignores.ShouldBeFalse();
    }

    [Fact]
    public async Task It_is_not_resumed_where_the_old_qemu_crashed_before_all_had_come()
    {
        World.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            Target.Migration = "active";
            Arrive(DomainState.Paused);
            throw new AdapterException("libvirt gen-1", "migrate", "the monitor is gone");
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Left);

        World.Target.Domains.Calls.ShouldNotContain($"resume {Vm.Uuid}");
    }

    [Theory]
    [InlineData("another file")]
    [InlineData("private")]
    [InlineData("nothing")]
    public async Task Ram_that_is_not_the_old_qemus_is_refused_before_any_qemu_is_told_and_then_copied(string mapped)
    {
        var tries = 0;
        World.Source.Domains.OnMigrate = async (_, _) =>
        {
            if (tries++ == 0)
            {
                var there = Ram with { Path = Inside(2, TargetId) };
                (await AskAsync(mapped switch
                {
                    "another file" => [there with { Inode = 1 }],
                    "private" => [there with { Shared = false }],
                    _ => [],
                }))!.ShouldContain("as RAM instead of");
                (Source.Ignores, Target.Ignores).ShouldBe((true, false), "the new QEMU refuses a stream without RAM then");
                World.Stop(Vm.Uuid, SwapWorld.TargetPid);
                throw new AdapterException("libvirt gen-1", "migrate", "the hook refused");
            }

            World.Hooks.Tickets.ShouldBeEmpty();
            Arrive(DomainState.Running);
        };

        var outcome = await MoveAsync();

        (outcome.State, outcome.Method, tries).ShouldBe((MoveState.Verified, MoveMethod.Copy, 2), outcome.Reason);
    }

    [Fact]
    public async Task A_ram_file_that_is_there_already_is_refused()
    {
        await File.WriteAllTextAsync(Outside(2, TargetId), "fresh", TestContext.Current.CancellationToken);
        string? answer = null;
        World.Source.Domains.OnMigrate = (_, request) =>
        {
            if (World.Hooks.Tickets.GetValueOrDefault(Vm.Uuid) is { } ticket)
                answer = ticket.OnStart(TargetId);
            throw new AdapterException("libvirt gen-1", "migrate", "the hook refused");
        };

        await MoveAsync();

        answer.ShouldNotBeNull().ShouldContain("is not the file that the VM has as RAM");
    }

    [Fact]
    public async Task What_cannot_be_cleared_is_said_loudly_and_the_vm_is_not_called_arrived()
    {
        Lock();
        World.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            Target.Obeys = false;
            Arrive(DomainState.Running);
        };

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("do not save it");
    }

    [Fact]
    public async Task After_a_failure_the_old_qemu_saves_its_ram_again_and_no_copy_is_made_without_room()
    {
        World.Kernel.Available = 0;
        World.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            World.Stop(Vm.Uuid, SwapWorld.TargetPid);
            throw new AdapterException("libvirt gen-1", "migrate", "the new QEMU died");
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Returned);

        Source.Ignores.ShouldBeFalse();
    }
}
