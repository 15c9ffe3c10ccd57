using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Diagnosis;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Diagnosis;

/// <summary>Snapshots and checkpoints that were taken from a VM and not given back are told of.</summary>
public sealed class KeptMetadataCheckTests : IDisposable
{
    private readonly SwapWorld _world = new();
    private readonly Guid _uuid = Guid.NewGuid();

    public void Dispose() => _world.Dispose();

    [Fact]
    public void Nothing_left_is_well() => Run().Status.ShouldBe(HealthStatus.Ok);

    [Fact]
    public void Those_of_a_VM_that_is_here_are_given_back_by_resume()
    {
        Keep(_world.Paths.KeptCheckpoints);

        var check = Run();

        check.Status.ShouldBe(HealthStatus.Warning);
        check.Message.ShouldContain($"{Path.Join(_world.Paths.KeptCheckpoints, $"{_uuid:D}.json")} (db)");
        check.Fix.ShouldContain("hostctl resume");
    }

    [Fact]
    public void Those_of_one_that_is_gone_are_for_the_operator_to_remove()
    {
        Keep(_world.Paths.KeptSnapshots);

        var check = Run(machines: []);

        check.Status.ShouldBe(HealthStatus.Warning);
        check.Message.ShouldContain("not here any more");
        check.Fix.ShouldContain("Remove");
    }

    [Fact]
    public void While_an_operation_may_have_them_nobody_is_alarmed()
    {
        Keep(_world.Paths.KeptCheckpoints);

        Run(unfinished: 3).Status.ShouldBe(HealthStatus.Ok);
        Run(holder: "pid 7").Status.ShouldBe(HealthStatus.Ok);
    }

    private void Keep(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Join(directory, $"{_uuid:D}.json"), "[]");
    }

    private HealthCheck Run(IReadOnlyList<VmStatus>? machines = null, long? unfinished = null, string? holder = null) => KeptMetadataCheck.Run(
        _world.Paths,
        new HostStatus(Initialised: true, [], machines ?? [new VmStatus("db", _uuid, 1, DomainState.Running, Persistent: true, Autostart: false)], unfinished, holder));
}
