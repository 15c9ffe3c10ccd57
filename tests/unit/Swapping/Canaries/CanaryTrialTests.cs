using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Procfs;
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
    public async Task One_is_handed_over_and_back_and_one_copied_and_back_and_nothing_is_left_of_either()
    {
        _canaries.Trial().Find().ShouldBe(CanaryVerdict.Pending);
        _canaries.Trial().IsKnown(MoveMethod.Handover).ShouldBeFalse();

        var verdict = await _canaries.FlyAsync(stop: Token);

        verdict.Proof.ShouldBe(CanaryProof.Proven, verdict.Reason);
        _canaries.Flights.ShouldBe([new(MoveMethod.Handover, Back: false), new(MoveMethod.Handover, Back: true), new(MoveMethod.Copy, Back: false), new(MoveMethod.Copy, Back: true)]);
        verdict.Reason.ShouldStartWith("proven by a canary on ");
        new[] { verdict.WhyNotMoved, verdict.WhyNoWayBack, verdict.WhyCopiedBack }.ShouldAllBe(static why => why == null);
        NothingIsLeft();
        _canaries.Monitors.Values.ShouldAllBe(monitor => !monitor.Ignores);
        World.ReturnHooks.Closed.ShouldBe(1, "nobody is asked who would not answer");
        World.Hooks.Closed.ShouldBe(0);
        string[] flight = ["canary-start", "canary-pattern", "canary-move", "canary-pattern", "canary-move", "canary-end"];
        World.Journal.Entries(World.Operation).Select(entry => (entry.Step, entry.Result)).ShouldBe([.. flight.Concat(flight).Select(step => (step, EntryResult.Done))]);
        World.Events.ShouldBeEmpty("nobody watches its progress as that of a VM");
    }

    [Fact]
    public async Task What_is_proven_holds_for_these_images_and_this_kernel_alone()
    {
        await _canaries.FlyAsync(stop: Token);

        _canaries.Trial(session => session with { Log = new EffectLog(World.Journal, 99) }).Find().Proof.ShouldBe(CanaryProof.Proven, "in any operation");
        _canaries.Trial(session => session with { Target = WithImage(session.Target) }).Find().Proof.ShouldBe(CanaryProof.Pending);
        _canaries.Trial(session => session with { Source = WithImage(session.Source) }).Find().Proof.ShouldBe(CanaryProof.Pending);
        new CanaryTrial(World.Session, _canaries.Pair with { Key = "another machine" }).Find().Proof.ShouldBe(CanaryProof.Pending);
        World.Kernel.Release = "6.1.0-newer";
        _canaries.Trial().Find().Proof.ShouldBe(CanaryProof.Pending);
    }

    [Fact]
    public async Task What_a_swap_has_proven_the_rollback_of_it_need_not_prove_again()
    {
        await _canaries.FlyAsync(session => session with { Target = WithImage(session.Target) }, Token);

        var rollback = _canaries.Trial(session => session with { Source = WithImage(session.Target), Target = session.Source });
        rollback.IsKnown(MoveMethod.Handover).ShouldBeTrue();
        rollback.IsKnown(MoveMethod.Copy).ShouldBeTrue();
        rollback.Find().Proof.ShouldBe(CanaryProof.Proven);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_proven_of_one_way_alone_says_nothing_of_the_way_back(bool ofOneImage)
    {
        var session = ofOneImage ? World.Session : World.Session with { Target = WithImage(World.Session.Target) };
        var trial = new CanaryTrial(session, _canaries.Pair);
        var key = new CanaryKey(
            session.Source.Generation.Record.ImageId, session.Target.Generation.Record.ImageId, World.Kernel.Release, _canaries.Pair.Key, nameof(MoveMethod.Handover));
        World.Journal.RecordCanary(World.Operation, key, CanaryOutcome.Proven, "as it once was");

        trial.Find().Proof.ShouldBe(CanaryProof.Proven);
        trial.IsKnown(MoveMethod.Handover).ShouldBeFalse("another one flies");
    }

    [Theory]
    [InlineData(MoveMethod.Handover)]
    [InlineData(MoveMethod.Copy)]
    public async Task One_method_proves_nothing_of_the_other(MoveMethod method)
    {
        await _canaries.FlyAsync(stop: Token, methods: method);

        _canaries.Flights.ShouldBe([new(method, Back: false), new(method, Back: true)]);
        foreach (var other in new[] { MoveMethod.Handover, MoveMethod.Copy })
            _canaries.Trial().IsKnown(other).ShouldBe(other == method);
    }

    [Theory]
    [InlineData(MoveMethod.Handover, "handed over")]
    [InlineData(MoveMethod.Copy, "copied")]
    public async Task Ram_that_has_lost_what_was_in_it_is_seen(MoveMethod method, string words)
    {
        _canaries.Lose(method, back: false);

        var verdict = await _canaries.FlyAsync(stop: Token);

        var why = $"a canary could not be {words} from gen-1 to gen-2 (pc-q35-7.2 with QEMU's own CPU): what was in its RAM before is not in it any more";
        if (method == MoveMethod.Handover)
            verdict.ShouldBe(new CanaryVerdict(CanaryProof.Doubtful, why), "VMs are copied instead, which is proven");
        else
            verdict.ShouldSatisfyAllConditions(() => verdict.Proof.ShouldBe(CanaryProof.Proven), () => verdict.WhyNotMoved.ShouldBe(why), () => verdict.WhyNoWayBack.ShouldBeNull());
        _canaries.Flights.Count(flight => flight.Method == method).ShouldBe(1, "it does not come back from where it never came");
        _canaries.Trial().IsKnown(method).ShouldBeTrue("in this operation");
        NothingIsLeft();
    }

    [Theory]
    [InlineData(MoveMethod.Handover, "handed back")]
    [InlineData(MoveMethod.Copy, "copied back")]
    public async Task Where_only_the_way_back_fails_the_way_there_is_proven(MoveMethod method, string words)
    {
        _canaries.Lose(method, back: true);

        var verdict = await _canaries.FlyAsync(stop: Token);

        verdict.Proof.ShouldBe(CanaryProof.Proven);
        verdict.WhyNotMoved.ShouldBeNull();
        var why = $"a canary could not be {words} from gen-2 to gen-1 (pc-q35-7.2 with QEMU's own CPU): what was in its RAM before is not in it any more";
        (method == MoveMethod.Copy ? verdict.WhyNoWayBack : verdict.WhyCopiedBack).ShouldBe(why);
        (method == MoveMethod.Copy ? verdict.WhyCopiedBack : verdict.WhyNoWayBack).ShouldBeNull();
        World.Notices.ShouldHaveSingleItem().ShouldContain(why);
        NothingIsLeft();
        var next = World.Journal.Begin(OperationKind.Swap, "next", "{}").Id;
        var later = _canaries.Trial(session => session with { Log = new EffectLog(World.Journal, next) });
        later.IsKnown(method).ShouldBeFalse("the next operation tries again");
        later.Find().WhyNoWayBack.ShouldBeNull();
    }

    [Fact]
    public async Task Where_there_is_no_room_for_it_nothing_is_said_of_copies()
    {
        var mounts = World.Kernel.Mounts;
        mounts.Entries.Add(new MountEntry(World.Paths.Memory, "/", "tmpfs", new Dictionary<string, string>(StringComparer.Ordinal)));
        (mounts.Size, mounts.Used) = (200L << 20, 100L << 20);

        var verdict = await _canaries.FlyAsync(stop: Token, methods: MoveMethod.Copy);

        _canaries.Flights.ShouldBeEmpty();
        verdict.ShouldBe(CanaryVerdict.Pending);
        World.Notices.ShouldHaveSingleItem().ShouldContain("128 MiB of the memory mount are wanted for it, and 100 MiB are free");
    }

    [Fact]
    public async Task A_refusal_of_the_hook_is_the_reason_and_the_next_operation_tries_again()
    {
        _canaries.OnMap = file => file with { Inode = 1 };

        var verdict = await _canaries.FlyAsync(stop: Token);

        verdict.Proof.ShouldBe(CanaryProof.Doubtful);
        _canaries.Flights.Select(flight => flight.Method).ShouldBe([MoveMethod.Handover, MoveMethod.Copy, MoveMethod.Copy], "VMs will be copied");
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

        (await _canaries.FlyAsync(stop: Token)).Reason.ShouldContain("leaves RAM out of what it saves");

        NothingIsLeft();
    }

    [Fact]
    public async Task One_that_cannot_be_started_is_a_doubt()
    {
        World.Source.Domains.OnCreate = _ => throw new AdapterException("libvirt gen-1", "create", "no such CPU");

        (await _canaries.FlyAsync(stop: Token)).Reason.ShouldContain("no such CPU");

        _canaries.Flights.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_does_not_end_is_waited_for_in_vain_and_said_so()
    {
        World.Source.Domains.OnDestroy = _ => false;

        var verdict = await _canaries.FlyAsync(session => session with { Time = new HastyTime() }, Token, MoveMethod.Handover);

        verdict.Proof.ShouldBe(CanaryProof.Doubtful);
        verdict.Reason.ShouldContain("to end; last seen: it is Running in gen-1");
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

        await Should.ThrowAsync<OperationCanceledException>(() => _canaries.FlyAsync(stop: stop.Token));

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

        await _canaries.FlyAsync(stop: Token, methods: MoveMethod.Copy);

        names.ShouldHaveSingleItem().ShouldMatch("^hostswap-canary-[0-9a-f]{4}$");
        (await World.Target.Domains.ListVmsAsync(Token)).ShouldBe([theirs]);
    }

    [Fact]
    public async Task While_it_flies_it_is_no_vm()
    {
        IReadOnlyList<DomainRecord> machines = [], birds = [];
        _canaries.OnMigrate = () =>
        {
            if (_canaries.Flights.Count > 0)
                return;
            machines = World.Source.Domains.ListVmsAsync(CancellationToken.None).Result;
            birds = World.Source.Domains.ListCanariesAsync(CancellationToken.None).Result;
        };

        await _canaries.FlyAsync(stop: Token);

        machines.ShouldHaveSingleItem().Name.ShouldBe("web");
        birds.ShouldHaveSingleItem().Name.ShouldBe(CanaryMark.Name);
    }

    private void NothingIsLeft()
    {
        World.Source.Domains.Known.Keys.ShouldBe([_canaries.Model.Uuid]);
        World.Target.Domains.Known.ShouldBeEmpty();
        World.Kernel.Processes.Select(process => process.DomainUuid).ShouldBe([_canaries.Model.Uuid]);
        World.Hooks.Tickets.ShouldBeEmpty();
        World.ReturnHooks.Tickets.ShouldBeEmpty();
        _canaries.RamDirectories.ShouldBeEmpty();
        _canaries.Sockets.ShouldBeEmpty();
    }

    private static SwapSide WithImage(SwapSide side) => side with
    {
        Generation = side.Generation with { Record = side.Generation.Record with { ImageId = "sha256:1" } },
    };
}
