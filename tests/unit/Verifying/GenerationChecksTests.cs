using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Verifying;
using HostSwap.Orchestrator.Verifying.Checks;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Verifying;

public sealed class GenerationChecksTests : IDisposable
{
    private static readonly Guid Vm = Guid.NewGuid();

    private readonly SwapWorld _world = new();
    private readonly List<Generation> _generations;
    private string? _lockHolder;

    public GenerationChecksTests()
    {
        _generations = [Make(1, GenerationRole.Retired), Make(2, GenerationRole.Active)];
        foreach (var generation in _generations)
        {
            GenerationDirectories.EnsureGeneration(generation);
            _world.Engine.Add(generation.ContainerName, 100 * generation.Number, restart: generation.Role == GenerationRole.Active);
        }

        GenerationDirectories.PointActiveLink(_generations[1].Paths);
    }

    private GenerationChecks Checks => new(
        _world.Engine,
        _world.Kernel,
        new HostStatus(Initialised: true, [], [new VmStatus("web", Vm, 2, DomainState.Running, Persistent: true, Autostart: false)], UnfinishedSwap: 7, _lockHolder),
        _generations);

    private IReadOnlyList<LiveGeneration> Live =>
        [.. _generations.Select(generation => new LiveGeneration(generation, _world.Source, 100 * generation.Number, $"pid:[{100 * generation.Number}]"))];

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("running", GenerationRole.Active, "", HealthStatus.Ok)]
    [InlineData("degraded", GenerationRole.Active, "broken.service", HealthStatus.Error)]
    [InlineData("degraded", GenerationRole.Candidate, "broken.service", HealthStatus.Error)]
    [InlineData("stopped", GenerationRole.Retired, "", HealthStatus.Ok)]
    [InlineData("stopped", GenerationRole.Active, "", HealthStatus.Error)]
    [InlineData("unreachable", GenerationRole.Retired, "", HealthStatus.Error)]
    public void Units(string state, GenerationRole role, string failed, HealthStatus status)
    {
        var generation = new GenerationStatus(
            2, role, "image", "sha256:0", state, Guid.Empty, null, null, DateTimeOffset.UnixEpoch, failed.Length == 0 ? [] : [failed]);

        var check = GenerationChecks.Units(generation);

        (check.Subject, check.Status).ShouldBe(("gen-2", status));
        check.Message.ShouldContain(failed);
    }

    [Fact]
    public void Memory_below_the_reserve_is_a_warning()
    {
        var settings = _world.Settings with { Migration = _world.Migration with { MemoryReserveMiB = 1024 } };
        _world.Kernel.Available = 1L << 30;
        FreeMemory.Look(_world.Kernel, settings).Status.ShouldBe(HealthStatus.Ok);
        _world.Kernel.Available--;
        FreeMemory.Look(_world.Kernel, settings).Status.ShouldBe(HealthStatus.Warning);
    }

    [Fact]
    public void The_active_link_must_lead_to_the_active_generation()
    {
        Checks.ActiveLink().Status.ShouldBe(HealthStatus.Ok);

        GenerationDirectories.PointActiveLink(_generations[0].Paths);
        Checks.ActiveLink().Status.ShouldBe(HealthStatus.Error);
        Checks.ActiveLink().Message.ShouldContain("not to gen-2");

        File.Delete(_world.Paths.ActiveLink);
        Checks.ActiveLink().Message.ShouldContain("nothing");
    }

    [Theory]
    [InlineData(0, true, "gen-1 is retired and starts by itself")]
    [InlineData(1, false, "gen-2 is active and does not")]
    public async Task The_active_generation_alone_starts_by_itself(int index, bool restart, string words)
    {
        (await Checks.RestartAsync(TestContext.Current.CancellationToken)).Status.ShouldBe(HealthStatus.Ok);

        _world.Engine.Add(_generations[index].ContainerName, 1, restart);
        var check = await Checks.RestartAsync(TestContext.Current.CancellationToken);

        check.Status.ShouldBe(HealthStatus.Error);
        check.Message.ShouldContain(words);
    }

    [Fact]
    public void A_definition_in_two_generations_is_an_error()
    {
        Define(_generations[1]);
        Checks.Definitions().ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Ok);

        Define(_generations[0]);
        var error = Checks.Definitions().ShouldHaveSingleItem();

        (error.Subject, error.Status).ShouldBe(("web", HealthStatus.Error));
        error.Message.ShouldContain("gen-1 and gen-2");
    }

    [Fact]
    public void What_a_swap_at_work_does_is_no_error()
    {
        Define(_generations[0]);
        Define(_generations[1]);
        _lockHolder = "swap (process 1)";
        Checks.Definitions().ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Warning);
    }

    [Fact]
    public void Two_qemus_of_one_vm_and_one_in_a_retired_generation_are_errors()
    {
        Run(200);
        Checks.Processes(Live, new HashSet<Guid>()).ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Ok);

        Run(100);
        var errors = Checks.Processes(Live, new HashSet<Guid>()).ToList();

        errors.ShouldAllBe(check => check.Status == HealthStatus.Error && check.Subject == "web");
        errors.Select(check => check.Message).ShouldBe(
            ["it has 2 QEMUs: process 1 in gen-2 and process 2 in gen-1", "its QEMU process 2 runs in gen-1, which is retired"]);
    }

    [Fact]
    public void Qemus_of_other_outer_hosts_are_not_looked_at()
    {
        Run(200);
        Run(900);
        Checks.Processes(Live, new HashSet<Guid>()).ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Ok);
    }

    [Fact]
    public void A_candidate_that_no_swap_is_at_work_with_is_a_warning()
    {
        Checks.Candidate().Status.ShouldBe(HealthStatus.Ok);

        _generations.Add(Make(3, GenerationRole.Candidate));
        Checks.Candidate().Status.ShouldBe(HealthStatus.Warning);
        Checks.Candidate().Message.ShouldContain("gen-3 is left of swap 7");

        _lockHolder = "swap (process 1)";
        Checks.Candidate().Status.ShouldBe(HealthStatus.Ok);
    }

    [Theory]
    [InlineData(DomainState.Running, 1, HealthStatus.Ok)]
    [InlineData(DomainState.Running, 0, HealthStatus.Error)]
    [InlineData(DomainState.ShutOff, 0, HealthStatus.Ok)]
    [InlineData(DomainState.ShutOff, 1, HealthStatus.Error)]
    public void Libvirt_and_the_kernel_must_agree(DomainState state, int processes, HealthStatus status)
    {
        for (var i = 0; i < processes; i++) Run(200);
        Checks.Qemu(Live[1], new DomainRecord(Vm, "web", state, 0, Persistent: true, Autostart: false)).Status.ShouldBe(status);
    }

    private static void Define(Generation generation)
    {
        var directory = Path.Join(generation.Paths.LibvirtConfiguration, "qemu");
        Directory.CreateDirectory(directory);
        File.WriteAllText(Path.Join(directory, "web.xml"), DomainXmls.Plain(Vm, "web"));
    }

    private void Run(int initPid) =>
        _world.Kernel.Processes.Add(new QemuProcess(_world.Kernel.Processes.Count + 1, Vm, $"pid:[{initPid}]", ArrivedByMigration: false));

    private Generation Make(int number, GenerationRole role) => Generation.From(
        new GenerationRecord(number, role.ToString(), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, RetiredAt: null), _world.Paths);
}
