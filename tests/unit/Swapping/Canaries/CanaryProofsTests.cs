using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Planning.Checks;
using HostSwap.Orchestrator.Swapping.Canaries;
using HostSwap.UnitTests.Fakes;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping.Canaries;

/// <summary>Each machine type and CPU has a canary and a verdict of its own.</summary>
public sealed class CanaryProofsTests : IDisposable
{
    private readonly CanaryWorld _canaries = new();
    private readonly FakeTimeProvider _time = new();

    private SwapWorld World => _canaries.World;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _canaries.Dispose();

    [Fact]
    public async Task A_canary_that_fails_holds_back_its_own_kind_alone()
    {
        var old = Add("old", "pc-i440fx-7.2");
        World.Source.Domains.OnCreate = Refuse(World.Source.Domains.OnCreate, "pc-i440fx-7.2", "vmstate of pci-host is wrong");
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([Wish(_canaries.Model), Wish(old)], Token);

        proofs.Find(_canaries.Pair).Proof.ShouldBe(CanaryProof.Proven);
        proofs.Find(PairOf(old)).ShouldSatisfyAllConditions(
            static verdict => verdict.Proof.ShouldBe(CanaryProof.Doubtful),
            static verdict => verdict.Reason.ShouldContain("(pc-i440fx-7.2 with QEMU's own CPU)"),
            static verdict => verdict.Reason.ShouldContain("vmstate of pci-host is wrong"));
        var context = proofs.Weigh(Context());
        context.Handovers[_canaries.Model.Uuid].Possible.ShouldBeTrue();
        context.Handovers[old.Uuid].Possible.ShouldBeFalse();
        new CanaryProofs(World.Session, _time).Find(_canaries.Pair).Proof.ShouldBe(CanaryProof.Proven, "it is recorded");
    }

    [Fact]
    public async Task One_that_cannot_even_be_copied_forbids_the_swap_of_its_kind()
    {
        var old = Add("old", "pc-i440fx-7.2");
        _canaries.Lose(MoveMethod.Copy, back: false);
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([Wish(old)], Token);

        var blocker = new CanaryCheck().Check(proofs.Weigh(Context())).ShouldHaveSingleItem();
        (blocker.Code, blocker.Subject).ShouldBe(("canary", "old"));
        blocker.Problem.ShouldContain("a canary could not be copied from gen-1 to gen-2 (pc-i440fx-7.2");
    }

    [Fact]
    public async Task One_that_cannot_be_copied_back_leaves_its_kind_no_way_back_and_forbids_nothing()
    {
        var old = Add("old", "pc-i440fx-7.2");
        _canaries.Lose(MoveMethod.Copy, back: true);
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([Wish(old)], Token);

        var plan = Planner.Make(proofs.Weigh(Context()));
        plan.Blockers.ShouldNotContain(static blocker => blocker.Code == "canary");
        plan.Moves.Single(static move => move.Name is "old").NoWayBack.ShouldNotBeNull().ShouldContain("a canary could not be copied back from gen-2 to gen-1 (pc-i440fx-7.2");
        plan.Moves.Single(static move => move.Name is "web").NoWayBack.ShouldNotBe(plan.Moves.Single(static move => move.Name is "old").NoWayBack);
        proofs.Warnings(Context()).ShouldBeEmpty("it is told of each VM");
    }

    [Fact]
    public async Task One_that_cannot_be_handed_back_is_a_warning()
    {
        _canaries.Lose(MoveMethod.Handover, back: true);
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([Wish(_canaries.Model)], Token);

        proofs.Weigh(Context()).ShouldSatisfyAllConditions(
            context => context.Handovers[_canaries.Model.Uuid].Possible.ShouldBeTrue(),
            static context => context.GroundedThere.ShouldBeEmpty());
        proofs.Warnings(Context()).ShouldHaveSingleItem().ShouldStartWith("web: RAM would be copied on the way back: a canary could not be handed back");
    }

    [Fact]
    public async Task They_fly_for_what_is_moved_while_it_runs_by_the_methods_that_it_wants_and_once()
    {
        var old = Add("old", "pc-i440fx-7.2");
        World.Source.Domains.Known[Add("off", "pc-q35-6.2").Uuid] = World.Source.Domains.Known.Values.Last() with { State = DomainState.ShutOff };
        Add("second", "pc-q35-7.2");
        var proofs = new CanaryProofs(World.Session, _time);
        List<PlannedMove> moves = [.. World.Source.Domains.Known.Values.Select(static domain => SwapWorld.Plan(domain))];

        var copies = proofs.Wanted(Context(), moves);
        copies.Select(static wish => wish.Pair.Words).ShouldBe(["pc-q35-7.2 with QEMU's own CPU", "pc-i440fx-7.2 with QEMU's own CPU"], "what most have comes first");
        copies.ShouldAllBe(static wish => wish.Methods.Count == 1 && wish.Methods[0] == MoveMethod.Copy);
        moves[0] = moves[0] with { Method = MoveMethod.Handover };
        proofs.Wanted(Context(), moves)[0].Methods.ShouldBe([MoveMethod.Handover, MoveMethod.Copy], "one of them is handed over, the other copied");

        await proofs.FlyAsync(copies, Token);

        proofs.Wanted(Context(), moves).ShouldHaveSingleItem().Methods.ShouldBe([MoveMethod.Handover]);
        moves[0] = moves[0] with { Method = MoveMethod.Copy };
        new CanaryProofs(World.Session, _time).Wanted(Context(), moves).ShouldBeEmpty("all of it is recorded");
        PairOf(old).Key.ShouldNotBe(_canaries.Pair.Key);
    }

    [Fact]
    public async Task What_none_could_fly_for_is_said_and_forbids_nothing()
    {
        World.Source.Domains.OnCreate = Refuse(World.Source.Domains.OnCreate, "pc-q35-7.2", "no such emulator");
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([Wish(_canaries.Model, MoveMethod.Copy)], Token);

        proofs.Weigh(Context()).Grounded.ShouldBeEmpty();
        proofs.Warnings(Context()).ShouldHaveSingleItem().ShouldStartWith("web: not all that moves them is proven by a canary: a canary could not be made ready in gen-1");
        proofs.Ground([Wish(_canaries.Model)], "gen-1 does not see /run/hostswap/qmp");
        proofs.Warnings(Context()).ShouldHaveSingleItem().ShouldEndWith("gen-1 does not see /run/hostswap/qmp");
    }

    [Fact]
    public async Task All_of_them_together_have_a_limit()
    {
        var old = Add("old", "pc-i440fx-7.2");
        _canaries.OnMigrate = () => _time.Advance(TimeSpan.FromMinutes(1));
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([Wish(_canaries.Model), Wish(old)], Token);

        proofs.Find(_canaries.Pair).Proof.ShouldBe(CanaryProof.Proven);
        proofs.Find(PairOf(old)).ShouldBe(CanaryVerdict.NoTime);
        proofs.Warnings(Context()).ShouldHaveSingleItem().ShouldContain("those of others took too long");
    }

    [Fact]
    public void Vms_of_one_kind_share_a_canary_and_another_cpu_is_another_kind()
    {
        PairOf(Add("a", "pc-q35-7.2")).ShouldBe(PairOf(Add("b", "pc-q35-7.2")));
        static CanaryPair Cpu(string cpu) => CanaryPair.Of(DomainXmlReader.Read($"<domain type='qemu'><os><type arch='x86_64' machine='pc-q35-7.2'>hvm</type></os>{cpu}</domain>"));
        Cpu("<cpu mode='custom'><model>Nehalem</model><topology sockets='2'/></cpu>").ShouldBe(Cpu("<cpu mode='custom'><model>Nehalem</model></cpu>"));
        Cpu("<cpu mode='custom'><model>Nehalem</model></cpu>").ShouldNotBe(Cpu("<cpu mode='custom'><model>EPYC</model></cpu>"));
        Cpu("<cpu mode='host-model'/>").Words.ShouldBe("pc-q35-7.2 with CPU host-model");
    }

    private DomainRecord Add(string name, string machine)
    {
        var added = World.Source.Domains.Add(name, DomainState.Running);
        World.Source.Domains.Xml[added.Uuid] = DomainXmls.Plain(added.Uuid, name).Replace("pc-q35-7.2", machine, StringComparison.Ordinal);
        World.Run(added.Uuid, SwapWorld.SourcePid);
        return added;
    }

    private CanaryWish Wish(DomainRecord model, params IReadOnlyList<MoveMethod> methods) =>
        new(PairOf(model), model.Uuid, methods is [] ? [MoveMethod.Handover, MoveMethod.Copy] : methods);

    private CanaryPair PairOf(DomainRecord domain) => CanaryPair.Of(DomainXmlReader.Read(World.Source.Domains.Xml[domain.Uuid]));

    private Action<DomainRecord> Refuse(Action<DomainRecord> begin, string machine, string why) => domain =>
    {
        if (World.Source.Domains.Xml[domain.Uuid].Contains(machine, StringComparison.Ordinal))
            throw new AdapterException("libvirt gen-1", "create", why);
        begin(domain);
    };

    private PlanContext Context()
    {
        var machines = World.Source.Domains.Known.Values.Select(domain => new VirtualMachine(
            domain, DomainXmlReader.Read(World.Source.Domains.Xml[domain.Uuid]), [], Job: null, Unreadable: null)).ToList();
        return PlanContexts.Of(World, World.Session.Settings, machines) with
        {
            Handovers = machines.ToDictionary(static machine => machine.Domain.Uuid, static _ => new HandoverOffer(true, "ready")),
        };
    }
}
