using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.UnitTests.Fakes;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping.Canaries;

public sealed class CanaryTrialTests : IDisposable
{
    private readonly CanaryWorld _canaries = new();

    private SwapWorld World => _canaries.World;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _canaries.Dispose();

    [Fact]
    public async Task One_is_handed_over_and_one_copied_and_nothing_is_left_of_either()
    {
        _canaries.Trial().Find().ShouldBe(CanaryVerdict.Pending);

        var verdict = await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token);

        verdict.Proof.ShouldBe(CanaryProof.Proven, verdict.Reason);
        _canaries.Flights.ShouldBe([MoveMethod.Handover, MoveMethod.Copy]);
        verdict.Reason.ShouldStartWith("proven by a canary on ");
        NothingIsLeft();
        _canaries.Monitors.Values.ShouldAllBe(monitor => !monitor.Ignores);
        World.Journal.Entries(World.Operation).Select(entry => (entry.Step, entry.Result)).ShouldBe(
            [.. Enumerable.Repeat(new[] { "canary-start", "canary-pattern", "canary-move", "canary-end" }, 2).SelectMany(steps => steps).Select(step => (step, EntryResult.Done))]);
        World.Events.ShouldBeEmpty("nobody watches its progress as that of a VM");
    }

    [Fact]
    public async Task What_is_proven_holds_for_these_images_and_this_kernel_alone()
    {
        await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token);

        _canaries.Trial(session => session with { Log = new EffectLog(World.Journal, 99) }).Find().Proof.ShouldBe(CanaryProof.Proven, "in any operation");
        _canaries.Trial(session => session with { Target = WithImage(session.Target) }).Find().Proof.ShouldBe(CanaryProof.Pending);
        _canaries.Trial(session => session with { Source = WithImage(session.Source) }).Find().Proof.ShouldBe(CanaryProof.Pending);
        new CanaryTrial(World.Session, _canaries.Pair with { Key = "another machine" }).Find().Proof.ShouldBe(CanaryProof.Pending);
        World.Kernel.Release = "6.1.0-newer";
        _canaries.Trial().Find().Proof.ShouldBe(CanaryProof.Pending);
    }

    [Theory]
    [InlineData(MoveMethod.Handover, "handed over")]
    [InlineData(MoveMethod.Copy, "copied")]
    public async Task Ram_that_has_lost_what_was_in_it_is_seen(MoveMethod method, string words)
    {
        _canaries.OnArrived = (how, path) =>
        {
            if (how == method)
                File.WriteAllBytes(path, new byte[1 << 20]);
        };

        var verdict = await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token);

        verdict.ShouldBe(new CanaryVerdict(
            CanaryProof.Doubtful, $"a canary could not be {words} from gen-1 to gen-2 (pc-q35-7.2 with QEMU's own CPU): what was in its RAM before is not in it any more")
        {
            ForbidsCopies = method == MoveMethod.Copy,
        });
        NothingIsLeft();
    }

    [Fact]
    public async Task A_refusal_of_the_hook_is_the_reason_and_the_next_operation_tries_again()
    {
        _canaries.OnMap = file => file with { Inode = 1 };

        var verdict = await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token);

        verdict.Proof.ShouldBe(CanaryProof.Doubtful);
        _canaries.Flights.ShouldBe([MoveMethod.Handover], "one doubt is enough");
        verdict.Reason.ShouldContain("as RAM instead of");
        NothingIsLeft();
        World.Events.OfType<SwapNotice>().ShouldContain(notice => notice.Message.Contains(verdict.Reason, StringComparison.Ordinal));
        _canaries.Trial().Find().ShouldBe(verdict, "in this operation");
        var next = World.Journal.Begin(OperationKind.Swap, "next", "{}").Id;
        _canaries.Trial(session => session with { Log = new EffectLog(World.Journal, next) }).Find().ShouldBe(CanaryVerdict.Pending);
    }

    [Fact]
    public async Task A_capability_that_cannot_be_cleared_is_a_doubt()
    {
        _canaries.OnArrived = (_, _) => _canaries.Monitors.Last().Value.Obeys = false;

        (await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token)).Reason.ShouldContain("leaves RAM out of what it saves");

        NothingIsLeft();
    }

    [Fact]
    public async Task One_that_cannot_be_started_is_a_doubt()
    {
        World.Source.Domains.OnCreate = _ => throw new AdapterException("libvirt gen-1", "create", "no such CPU");

        (await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token)).Reason.ShouldContain("no such CPU");

        _canaries.Flights.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_does_not_end_is_waited_for_in_vain_and_said_so()
    {
        World.Target.Domains.OnDestroy = _ => false;

        var verdict = await _canaries.Trial(session => session with { Time = new HastyTime() }).RunAsync(_canaries.Model.Uuid, Token);

        verdict.Proof.ShouldBe(CanaryProof.Doubtful);
        verdict.Reason.ShouldContain("to end; last seen: it is Running in gen-2");
    }

    [Fact]
    public async Task An_interruption_ends_it_and_proves_nothing()
    {
        using var stop = new CancellationTokenSource();
        _canaries.OnMigrate = () =>
        {
            stop.Cancel();
            throw new AdapterException("libvirt gen-1", "migrate", "operation aborted");
        };

        await Should.ThrowAsync<OperationCanceledException>(() => _canaries.Trial().RunAsync(_canaries.Model.Uuid, stop.Token));

        NothingIsLeft();
        _canaries.Trial().Find().ShouldBe(CanaryVerdict.Pending);
    }

    [Fact]
    public async Task A_customers_vm_of_that_name_keeps_it_and_counts_as_a_vm()
    {
        var theirs = World.Target.Domains.Add(CanaryMark.Name, DomainState.Running, persistent: false);
        var names = new List<string>();
        World.Source.Domains.OnMigrate = (uuid, _) =>
        {
            names.Add(World.Source.Domains.Known[uuid].Name);
            throw new AdapterException("libvirt gen-1", "migrate", "refused");
        };

        await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token);

        names.ShouldHaveSingleItem().ShouldMatch("^hostswap-canary-[0-9a-f]{4}$");
        (await World.Target.Domains.ListVmsAsync(Token)).ShouldBe([theirs]);
    }

    [Fact]
    public async Task While_it_flies_it_is_no_vm()
    {
        IReadOnlyList<DomainRecord> machines = [], birds = [];
        _canaries.OnMigrate = () =>
        {
            machines = World.Source.Domains.ListVmsAsync(CancellationToken.None).Result;
            birds = World.Source.Domains.ListCanariesAsync(CancellationToken.None).Result;
        };

        await _canaries.Trial().RunAsync(_canaries.Model.Uuid, Token);

        machines.ShouldHaveSingleItem().Name.ShouldBe("web");
        birds.ShouldHaveSingleItem().Name.ShouldBe(CanaryMark.Name);
    }

    private void NothingIsLeft()
    {
        World.Source.Domains.Known.Keys.ShouldBe([_canaries.Model.Uuid]);
        World.Target.Domains.Known.ShouldBeEmpty();
        World.Kernel.Processes.Select(process => process.DomainUuid).ShouldBe([_canaries.Model.Uuid]);
        World.Hooks.Tickets.ShouldBeEmpty();
        _canaries.RamDirectories.ShouldBeEmpty();
        _canaries.Sockets.ShouldBeEmpty();
    }

    private static SwapSide WithImage(SwapSide side) => side with
    {
        Generation = side.Generation with { Record = side.Generation.Record with { ImageId = "sha256:1" } },
    };
}
