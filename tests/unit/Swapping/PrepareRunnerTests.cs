using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Swapping;
using HostSwap.Orchestrator.Systemd;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class PrepareRunnerTests : IDisposable, IGenerationConnector
{
    private const int InitPid = 100;

    private readonly SwapWorld _world = new();
    private readonly Generation _active;

    public PrepareRunnerTests()
    {
        _world.Journal.Finish(_world.Operation, OperationResult.Done, "", "{}", OperationEnding.Settled);
        var record = new GenerationRecord(1, nameof(GenerationRole.Active), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, null);
        _world.Journal.RecordGenerations([record]);
        _active = Generation.From(record, _world.Paths);
        new MemoryMount(_world.Settings, _world.Kernel).Ensure();
        AddContainer(_active, HostImageContract.Memory, HostImageContract.Qmp);
    }

    private FakeDomains Domains => _world.Source.Domains;

    private PrepareRunner Runner => new(new OuterHostParts(_world.Settings, _world.Engine, _world.Kernel, this, _world.Journal, TimeProvider.System));

    private IReadOnlyList<Operation> Recorded => [.. _world.Journal.Operations(10).Where(operation => operation.Kind is OperationKind.Prepare or OperationKind.Unprepare)];

    public void Dispose() => _world.Dispose();

    public ILibvirtHost ConnectLibvirt(Generation generation) => _world.Source;

    public ISystemdHost ConnectSystemd(Generation generation) => throw new NotSupportedException();

    [Fact]
    public async Task A_VM_is_prepared_once_and_recorded_and_taken_back()
    {
        var vm = Domains.Add("web", DomainState.Running);
        var before = Domains.Xml[vm.Uuid];

        var report = await RunAsync(vm.Uuid);
        var again = await RunAsync(vm.Uuid);

        report.Vms.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            changed => changed.Outcome.ShouldBe(PrepareOutcome.Changed),
            changed => changed.Running.ShouldBeTrue(),
            changed => changed.Diff.ShouldContain("+    <source type=\"file\" />"));
        (again.Operation, again.Vms[0].Outcome).ShouldBe((null, PrepareOutcome.Unchanged));
        var operation = Recorded.ShouldHaveSingleItem();
        (operation.Id, operation.Kind, operation.Result).ShouldBe((report.Operation!.Value, OperationKind.Prepare, OperationResult.Done));
        var entry = _world.Journal.Entries(operation.Id).ShouldHaveSingleItem();
        (entry.Step, entry.Subject, entry.Result).ShouldBe(("define", vm.Uuid.ToString(), EntryResult.Done));

        var undone = await RunAsync(vm.Uuid, undo: true);

        undone.Vms[0].Outcome.ShouldBe(PrepareOutcome.Changed);
        Domains.Xml[vm.Uuid].ShouldBe(before);
        Recorded[0].Kind.ShouldBe(OperationKind.Unprepare);
    }

    [Fact]
    public async Task A_dry_run_changes_and_records_nothing()
    {
        var vm = Domains.Add("web", DomainState.ShutOff);

        var report = await RunAsync(vm.Uuid, dryRun: true);

        report.Vms[0].Outcome.ShouldBe(PrepareOutcome.Changed);
        report.Vms[0].Diff.ShouldNotBeEmpty();
        Domains.Calls.ShouldBeEmpty();
        Recorded.ShouldBeEmpty();
    }

    [Fact]
    public async Task Of_all_those_that_can_be_are_prepared()
    {
        Domains.Add("fit", DomainState.Running);
        Domains.Add("fleeting", DomainState.Running, persistent: false);
        var odd = Domains.Add("odd", DomainState.ShutOff);
        Domains.Xml[odd.Uuid] = "<domain";
        var huge = Domains.Add("huge", DomainState.ShutOff);
        Domains.Xml[huge.Uuid] = Domains.Xml[huge.Uuid].Replace("<devices />", "<memoryBacking><hugepages/></memoryBacking>", StringComparison.Ordinal);

        var report = await RunAsync(vm: null);

        report.Vms.Select(vm => (vm.Name, vm.Outcome)).ShouldBe(
        [
            ("fit", PrepareOutcome.Changed), ("fleeting", PrepareOutcome.Refused), ("huge", PrepareOutcome.Refused), ("odd", PrepareOutcome.Refused),
        ]);
        report.Vms.SelectMany(vm => vm.Refusals).Select(refusal => refusal.Code).ShouldBe(["transient", "hugepages", "unreadable"]);
        Domains.Calls.ShouldBe(["define fit"]);
    }

    [Theory]
    [InlineData(HostImageContract.Memory)]
    [InlineData(HostImageContract.Qmp)]
    public async Task In_a_container_of_an_older_hostctl_none_is_prepared_since_it_would_not_start(string present)
    {
        AddContainer(_active, present);
        var vm = Domains.Add("web", DomainState.ShutOff);

        (await RunAsync(vm.Uuid)).Vms[0].Refusals.ShouldHaveSingleItem().Code.ShouldBe("generation");
        Domains.Calls.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_was_prepared_can_be_taken_back_there_too()
    {
        var vm = Domains.Add("web", DomainState.ShutOff);
        await RunAsync(vm.Uuid);
        AddContainer(_active);

        (await RunAsync(vm.Uuid, undo: true)).Vms[0].Outcome.ShouldBe(PrepareOutcome.Changed);
    }

    [Fact]
    public async Task A_definition_that_libvirt_does_not_keep_is_an_error_and_recorded_so()
    {
        var vm = Domains.Add("web", DomainState.ShutOff);
        Domains.OnDefine = xml => xml.Replace("mode=\"shared\"", "mode=\"private\"", StringComparison.Ordinal);

        var error = await Should.ThrowAsync<AdapterException>(() => RunAsync(vm.Uuid));

        error.Message.ShouldContain("did not keep");
        Recorded.ShouldHaveSingleItem().Result.ShouldBe(OperationResult.FailedOnOldSide);
    }

    [Fact]
    public async Task While_an_operation_is_unfinished_nothing_is_prepared()
    {
        _world.Journal.Begin(OperationKind.Swap, "gen-1 → x", new SwapDetail(1, 2, "image", "sha256:0").ToJson());

        await Should.ThrowAsync<UnfinishedException>(() => RunAsync(vm: null));
        await Should.ThrowAsync<UnfinishedException>(() => RunAsync(vm: null, dryRun: true));
    }

    [Fact]
    public async Task A_VM_that_is_not_there_is_told() =>
        (await Should.ThrowAsync<UsageException>(() => RunAsync(Guid.NewGuid()))).Message.ShouldContain("has no VM");

    private Task<PrepareReport> RunAsync(Guid? vm, bool undo = false, bool dryRun = false) =>
        Runner.RunAsync(new PrepareRequest(undo, vm, dryRun), TestContext.Current.CancellationToken);

    private void AddContainer(Generation generation, params IReadOnlyList<string> targets)
    {
        _world.Engine.Add(generation.ContainerName, InitPid, restart: true);
        var mounts = HostImageContract.Describe(generation, _world.Settings, [], [], []).Mounts.Where(mount => targets.Contains(mount.Target)).ToList();
        _world.Engine.Containers[generation.ContainerName] = _world.Engine.Containers[generation.ContainerName] with
        {
            Mounts = mounts.ToDictionary(mount => mount.Target, mount => mount.Source),
        };
        foreach (var (mount, inode) in mounts.Select((mount, at) => (mount, (ulong)at + 1)))
        {
            var facts = new FileFacts(1, inode, 0, 0, 0x4000);
            _world.Kernel.Files[(Environment.ProcessId, mount.Source)] = facts;
            _world.Kernel.Files[(InitPid, mount.Target)] = facts;
        }
    }
}
