using System.Xml.Linq;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Preparing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Preparing;

public sealed class HandoverReadinessTests
{
    private static readonly GenerationPaths Generation = new(new HostSwapPaths("/r"), 2);

    private readonly Dictionary<string, long> _files = new(StringComparer.Ordinal)
    {
        [Generation.QmpSocket(Definitions.Uuid)] = 0,
        [$"{Generation.Memory}/libvirt/qemu/3-web/pc.ram"] = 1L << 30,
    };

    private static XElement Prepared => DefinitionEditor.Prepare(Definitions.Of(), Definitions.Uuid).After;

    private static XElement Plain(int? id = null)
    {
        var domain = Definitions.Parse(Definitions.Of());
        domain.SetAttributeValue("id", id);
        return domain;
    }

    [Fact]
    public void One_that_was_started_so_is_ready()
    {
        var readiness = Judge(Definitions.Running(Definitions.Of()), Prepared);

        readiness.Ready.ShouldBeTrue();
        readiness.Ram!.Blocks.ShouldHaveSingleItem().Name.ShouldBe("pc.ram");
    }

    [Fact]
    public void One_that_runs_as_it_was_started_stays_ready_whatever_its_definition_has_become() =>
        Judge(Definitions.Running(Definitions.Of()), Plain()).Ready.ShouldBeTrue();

    [Fact]
    public void One_that_is_only_defined_so_is_ready_after_its_next_cold_start() =>
        Judge(Plain(id: 3), Prepared).ShouldBe(new HandoverReadiness(
            HandoverStage.AfterColdStart, "prepared, ready after its next cold start: shut it down and start it", Ram: null));

    [Fact]
    public void One_that_is_not_prepared_is_told_what_to_do() =>
        Judge(Plain(id: 3), Plain()).ShouldBe(new HandoverReadiness(HandoverStage.NotPrepared, "not prepared: 'hostctl vm prepare'", Ram: null));

    [Fact]
    public void A_transient_one_cannot_be_prepared()
    {
        Judge(Plain(id: 3), next: null).Reason.ShouldContain("transient");
        Judge(Definitions.Running(Definitions.Of()), next: null).Ready.ShouldBeTrue();
    }

    [Fact]
    public void One_that_is_shut_off_is_not_ready()
    {
        Judge(Prepared, Prepared).Stage.ShouldBe(HandoverStage.AfterColdStart);
        Judge(Plain(), Plain()).Stage.ShouldBe(HandoverStage.NotPrepared);
    }

    [Fact]
    public void What_forbids_it_goes_before_all_else()
    {
        var live = Definitions.Running(Definitions.Of("<memoryBacking><hugepages/><discard/></memoryBacking>"));

        var readiness = Judge(live, Prepared);

        readiness.Stage.ShouldBe(HandoverStage.Impossible);
        readiness.Reason.ShouldBe("its RAM is in huge pages of its own (<hugepages/>), in a file without a name (and 1 more)");
    }

    [Fact]
    public void A_container_of_an_older_hostctl_is_named()
    {
        var readiness = Judge(Definitions.Running(Definitions.Of()), Prepared, HostImageContract.Memory, HostImageContract.Qmp);

        readiness.Stage.ShouldBe(HandoverStage.Unavailable);
        readiness.Reason.ShouldContain("gen-2 does not see /run/hostswap/memory and /run/hostswap/qmp");
    }

    [Fact]
    public void Without_its_monitor_it_is_not_ready()
    {
        _files.Remove(Generation.QmpSocket(Definitions.Uuid));

        Judge(Definitions.Running(Definitions.Of()), Prepared).Reason.ShouldBe("its QMP socket is not there");
    }

    [Theory]
    [InlineData(null)]
    [InlineData(1L << 29)]
    public void Without_all_of_its_RAM_in_the_mount_it_is_not_ready(long? length)
    {
        var file = $"{Generation.Memory}/libvirt/qemu/3-web/pc.ram";
        _files.Remove(file);
        if (length is { } bytes)
            _files[file] = bytes;

        Judge(Definitions.Running(Definitions.Of()), Prepared).Stage.ShouldBe(HandoverStage.Unavailable);
    }

    [Fact]
    public void What_cannot_be_read_is_not_ready()
    {
        var domain = Definitions.Running(Definitions.Of());
        domain.Element("memory")!.Value = "much";

        Judge(domain, Prepared).Reason.ShouldContain("cannot be read");
    }

    private HandoverReadiness Judge(XElement live, XElement? next, params IReadOnlyList<string> missing) => HandoverReadiness.Of(new HandoverFacts(
        Definitions.Uuid, live, next, Generation, missing, PageSize: null, path => _files.TryGetValue(path, out var length) ? length : null));
}
