using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Procfs;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Generations;

public sealed class GenerationClosingTests : IDisposable
{
    private const int InitPid = 100;

    private readonly SwapWorld _world = new();
    private readonly Generation _old;
    private readonly GenerationClosing _closing;

    public GenerationClosingTests()
    {
        _old = Generation.From(
            new GenerationRecord(1, nameof(GenerationRole.Retired), "image", "sha256:0", Guid.NewGuid(), DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch), _world.Paths);
        GenerationDirectories.EnsureGeneration(_old);
        _world.Engine.Add(_old.ContainerName, InitPid, restart: false);
        _closing = new GenerationClosing(_world.Engine, new GenerationContents(_world.Engine, _world.Kernel));
        _world.Engine.OnExecute = (_, _, _) => new CommandOutcome(0, "", "");
    }

    private IEnumerable<string> Verbs => _world.Engine.Executed.Select(static command => command[1]);

    public void Dispose() => _world.Dispose();

    [Fact]
    public async Task An_empty_generation_stays_closed()
    {
        (await _closing.CloseAsync(_old, CancellationToken.None)).ShouldBe("empty, and libvirt is stopped");

        Verbs.ShouldBe(["stop"]);
        _world.Engine.Executed[0].ShouldBe(["systemctl", "stop", .. HostImageContract.LibvirtUnits]);
    }

    [Fact]
    public async Task What_was_started_at_the_last_moment_is_seen_and_libvirt_runs_again()
    {
        var vm = Guid.NewGuid();
        // libvirtd's very last act before it goes.
        _world.Engine.OnExecute = (_, command, _) =>
        {
            if (command[1] is "stop") _world.Kernel.Processes.Add(new QemuProcess(7, vm, _world.Kernel.PidNamespace(InitPid)!, ArrivedByMigration: false));
            return new CommandOutcome(0, "", "");
        };

        var refusal = await Should.ThrowAsync<GenerationHoldsException>(_closing.CloseAsync(_old, CancellationToken.None));

        refusal.Message.ShouldContain(vm.ToString());
        Verbs.ShouldBe(["stop", "start"]);
    }

    [Fact]
    public async Task A_host_whose_systemd_refuses_or_hangs_can_be_stopped_and_the_doubt_is_told()
    {
        _world.Engine.OnExecute = static (_, _, _) => new CommandOutcome(1, "", "Failed to connect to bus\n");
        (await _closing.CloseAsync(_old, CancellationToken.None)).ShouldContain("Failed to connect to bus");

        _world.Engine.OnExecute = static (_, _, limit) => throw new DeadlineException("systemctl", limit, "nothing");
        (await _closing.CloseAsync(_old, CancellationToken.None)).ShouldContain("waited");
    }
}
