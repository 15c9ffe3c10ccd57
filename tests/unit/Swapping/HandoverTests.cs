using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

/// <summary>A handover as both sides' libvirt and QEMU would have it, with the hook's two questions asked by the test.</summary>
public sealed class HandoverTests : IDisposable
{
    private const string Disk = "/vms/web.qcow2";
    private const int TargetId = 7;

    private readonly SwapWorld _world = new();
    private readonly DomainRecord _vm;
    private readonly FakeMonitor _source = new();
    private readonly FakeMonitor _target = new() { RunState = "inmigrate" };
    private readonly MappedFile _ram;

    public HandoverTests()
    {
        _vm = _world.Source.Domains.Add("web", DomainState.Running);
        _world.Source.Domains.Xml[_vm.Uuid] = DomainXmls.WithDevices(
            _vm.Uuid, "web", $"<disk type='file' device='disk'><source file='{Disk}'/><target dev='vda'/></disk>");
        _world.Kernel.Files[(SwapWorld.SourcePid, Disk)] = new FileFacts(1, 99, 0, 0, 0);
        _world.Kernel.Files[(SwapWorld.TargetPid, Disk)] = new FileFacts(1, 99, 0, 0, 0);
        _world.Run(_vm.Uuid, SwapWorld.SourcePid);
        _ram = MakeRam(1, 3);
        Directory.CreateDirectory(Path.GetDirectoryName(Outside(2, TargetId))!);
        _world.Kernel.Mapped[SourceQemu] = [_ram];
        _world.Qmp.Monitors[new GenerationPaths(_world.Paths, 1).QmpSocket(_vm.Uuid)] = _source;
        _world.Qmp.Monitors[new GenerationPaths(_world.Paths, 2).QmpSocket(_vm.Uuid)] = _target;
    }

    private int SourceQemu => _world.Kernel.Processes.Single(process => process.PidNamespace is "pid:[100]").Pid;

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task With_an_image_lock_it_goes_on_by_itself_and_saves_its_ram_again()
    {
        _world.Kernel.Locked.Add((1, 99));
        _world.Source.Domains.OnMigrate = async (_, request) =>
        {
            request.ArrivesPaused.ShouldBeFalse();
            request.AutoConverge.ShouldBeFalse();
            (await AskAsync()).ShouldBeNull();
            (_source.Ignores, _target.Ignores).ShouldBe((true, true));
            Arrive(DomainState.Running);
        };

        var outcome = await MoveAsync();

        (outcome.State, outcome.Method).ShouldBe((MoveState.Verified, MoveMethod.Handover), outcome.Reason);
        _target.Ignores.ShouldBeFalse();
        _world.Target.Domains.Calls.ShouldNotContain($"resume {_vm.Uuid}");
        _world.Hooks.Tickets.ShouldBeEmpty();
    }

    [Fact]
    public async Task Without_one_it_arrives_paused_and_goes_on_once_its_old_qemu_has_ended()
    {
        _world.Source.Domains.OnMigrate = async (_, request) =>
        {
            request.ArrivesPaused.ShouldBeTrue();
            (await AskAsync()).ShouldBeNull();
            _target.Migration = "completed";
            _world.Target.Domains.Calls.ShouldNotContain($"resume {_vm.Uuid}", "the old QEMU still lives");
            Arrive(DomainState.Paused);
        };

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Verified, outcome.Reason);
        _world.Target.Domains.Calls.ShouldContain($"resume {_vm.Uuid}");
        _target.Ignores.ShouldBeFalse();
    }

    [Fact]
    public async Task It_is_not_resumed_where_the_old_qemu_crashed_before_all_had_come()
    {
        _world.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            _target.Migration = "active";
            Arrive(DomainState.Paused);
            throw new AdapterException("libvirt gen-1", "migrate", "the monitor is gone");
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Left);

        _world.Target.Domains.Calls.ShouldNotContain($"resume {_vm.Uuid}");
    }

    [Theory]
    [InlineData("another file")]
    [InlineData("private")]
    [InlineData("nothing")]
    public async Task Ram_that_is_not_the_old_qemus_is_refused_before_any_qemu_is_told_and_then_copied(string mapped)
    {
        var tries = 0;
        _world.Source.Domains.OnMigrate = async (_, _) =>
        {
            if (tries++ == 0)
            {
                var there = _ram with { Path = Inside(2, TargetId) };
                (await AskAsync(mapped switch
                {
                    "another file" => [there with { Inode = 1 }],
                    "private" => [there with { Shared = false }],
                    _ => [],
                }))!.ShouldContain("as RAM instead of");
                (_source.Ignores, _target.Ignores).ShouldBe((false, false));
                _world.Stop(_vm.Uuid, SwapWorld.TargetPid);
                throw new AdapterException("libvirt gen-1", "migrate", "the hook refused");
            }

            _world.Hooks.Tickets.ShouldBeEmpty();
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
        _world.Source.Domains.OnMigrate = (_, request) =>
        {
            if (_world.Hooks.Tickets.GetValueOrDefault(_vm.Uuid) is { } ticket)
                answer = ticket.OnStart(TargetId);
            throw new AdapterException("libvirt gen-1", "migrate", "the hook refused");
        };

        await MoveAsync();

        answer.ShouldNotBeNull().ShouldContain("is not the file that the VM has as RAM");
    }

    [Fact]
    public async Task What_cannot_be_cleared_is_said_loudly_and_the_vm_is_not_called_arrived()
    {
        _world.Kernel.Locked.Add((1, 99));
        _world.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            _target.Obeys = false;
            Arrive(DomainState.Running);
        };

        var outcome = await MoveAsync();

        outcome.State.ShouldBe(MoveState.Left);
        outcome.Reason.ShouldContain("do not save it");
    }

    [Fact]
    public async Task After_a_failure_the_old_qemu_saves_its_ram_again_and_no_copy_is_made_without_room()
    {
        _world.Kernel.Available = 0;
        _world.Source.Domains.OnMigrate = async (_, _) =>
        {
            (await AskAsync()).ShouldBeNull();
            _world.Stop(_vm.Uuid, SwapWorld.TargetPid);
            throw new AdapterException("libvirt gen-1", "migrate", "the new QEMU died");
        };

        (await MoveAsync()).State.ShouldBe(MoveState.Returned);

        _source.Ignores.ShouldBeFalse();
    }

    private string Inside(int generation, int id) => $"{HostImageContract.MemoryOf(generation)}/libvirt/qemu/{id}-web/pc.ram";

    private string Outside(int generation, int id) => Path.Join(_world.Paths.Memory, $"gen-{generation}/libvirt/qemu/{id}-web/pc.ram");

    private MappedFile MakeRam(int generation, int id)
    {
        var path = Outside(generation, id);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "RAM");
        var facts = new OuterKernel().Look(Environment.ProcessId, path)!;
        return new MappedFile(Inside(generation, id), facts.Device, facts.Inode, Shared: true);
    }

    /// <summary>The hook's two questions, and in between the new QEMU with what it maps.</summary>
    private async Task<string?> AskAsync(IReadOnlyList<MappedFile>? mapped = null)
    {
        var ticket = _world.Hooks.Tickets[_vm.Uuid];
        ticket.OnStart(TargetId).ShouldBeNull();
        _world.Run(_vm.Uuid, SwapWorld.TargetPid);
        var pid = _world.Kernel.Processes.Single(process => process.PidNamespace is "pid:[200]").Pid;
        _world.Kernel.Mapped[pid] = mapped ?? [_ram with { Path = Inside(2, TargetId) }];
        return await ticket.OnStartedAsync(TargetId, CancellationToken.None);
    }

    private void Arrive(DomainState state)
    {
        _world.Stop(_vm.Uuid, SwapWorld.TargetPid);
        _world.Arrive(_vm.Uuid);
        _world.Target.Domains.Known[_vm.Uuid] = _world.Target.Domains.Known[_vm.Uuid] with { State = state };
    }

    private async Task<MoveOutcome> MoveAsync()
    {
        var session = _world.Session;
        await using var foreign = ForeignChanges.Watch(session.Source, session.Target, session.Time, session.Notice);
        return await new DomainMover(session, foreign).MoveAsync(
            SwapWorld.Plan(_vm) with { Method = MoveMethod.Handover }, new Version(11, 3), CancellationToken.None);
    }
}
