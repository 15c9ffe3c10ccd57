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

        await proofs.FlyAsync([(_canaries.Pair, _canaries.Model.Uuid), (PairOf(old), old.Uuid)], Token);

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
        _canaries.OnArrived = (method, path) =>
        {
            if (method is MoveMethod.Copy)
                File.WriteAllBytes(path, new byte[1 << 20]);
        };
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([(PairOf(old), old.Uuid)], Token);

        var blocker = new CanaryCheck().Check(proofs.Weigh(Context())).ShouldHaveSingleItem();
        (blocker.Code, blocker.Subject).ShouldBe(("canary", "old"));
        blocker.Problem.ShouldContain("a canary could not be copied from gen-1 to gen-2 (pc-i440fx-7.2");
    }

    [Fact]
    public async Task All_of_them_together_have_a_limit()
    {
        var old = Add("old", "pc-i440fx-7.2");
        _canaries.OnMigrate = () => _time.Advance(TimeSpan.FromMinutes(2));
        var proofs = new CanaryProofs(World.Session, _time);

        await proofs.FlyAsync([(_canaries.Pair, _canaries.Model.Uuid), (PairOf(old), old.Uuid)], Token);

        proofs.Find(_canaries.Pair).Proof.ShouldBe(CanaryProof.Proven);
        proofs.Find(PairOf(old)).ShouldBe(CanaryVerdict.NoTime);
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
