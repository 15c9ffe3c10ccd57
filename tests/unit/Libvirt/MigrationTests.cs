using HostSwap.Orchestrator.Libvirt;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Libvirt;

public sealed class MigrationTests
{
    private static readonly MigrationRequest Least = new(
        "qemu+unix:///system?socket=/peer/libvirt-sock",
        "unix:///migrate/a.sock",
        Persistent: false,
        Unsafe: false,
        AutoConverge: false,
        BandwidthMiBPerSecond: null,
        ParallelConnections: null);

    [Fact]
    public void The_numbers_are_libvirts()
    {
        // LIVE | PEER2PEER | ABORT_ON_ERROR
        ((uint)Migration.Flags(Least)).ShouldBe(1u | 2u | 4096u);
        // … | PERSIST_DEST | UNDEFINE_SOURCE | UNSAFE | AUTO_CONVERGE | PARALLEL
        var all = Least with { Persistent = true, Unsafe = true, AutoConverge = true, ParallelConnections = 2 };
        ((uint)Migration.Flags(all)).ShouldBe(1u | 2u | 4096u | 8u | 16u | 512u | 8192u | 131072u);
        ((uint)(UndefineFlags.KeepNvram | UndefineFlags.KeepTpm)).ShouldBe(8u | 64u);
        ((uint)(JobStatsFlags.Completed | JobStatsFlags.KeepCompleted)).ShouldBe(1u | 2u);
        ((uint)(DomainXmlFlags.Secure | DomainXmlFlags.Inactive)).ShouldBe(1u | 2u);
    }

    [Fact]
    public void Post_copy_has_a_single_stream_and_is_resumed_as_such()
    {
        var allowed = Least with { ParallelConnections = 2, PostCopy = PostCopyUse.Allowed };
        ((uint)Migration.Flags(allowed)).ShouldBe(1u | 2u | 4096u | 32768u);
        Migration.Parameters(allowed).ToDictionary().Keys.ShouldBe(["migrate_uri"]);
        ((uint)Migration.Flags(allowed with { PostCopy = PostCopyUse.Resume })).ShouldBe(1u | 2u | 4096u | 32768u | 524288u);
    }

    [Theory]
    [InlineData(DomainState.Running, 10, PostCopyPhase.UnderWay)]
    [InlineData(DomainState.Running, 11, PostCopyPhase.Broken)]
    [InlineData(DomainState.Paused, 12, PostCopyPhase.UnderWay)]
    [InlineData(DomainState.Paused, 13, PostCopyPhase.Broken)]
    [InlineData(DomainState.Running, 2, PostCopyPhase.None)]
    [InlineData(DomainState.Paused, 2, PostCopyPhase.None)]
    [InlineData(DomainState.Paused, 10, PostCopyPhase.None)]
    public void The_reasons_for_a_state_are_libvirts(DomainState state, int reason, PostCopyPhase expected) =>
        new DomainRecord(Guid.NewGuid(), "web", state, reason, Persistent: true, Autostart: false).PostCopy.ShouldBe(expected);

    [Fact]
    public void What_the_other_side_is_to_run_instead_goes_along() =>
        Migration.Parameters(Least with { DestinationXml = "<domain/>", PersistentXml = "<domain id='2'/>" }).ToDictionary()
            .ToDictionary(static pair => pair.Key, static pair => pair.Value.AsString())
            .ShouldBe(new Dictionary<string, string> { ["migrate_uri"] = Least.MigrateUri, ["destination_xml"] = "<domain/>", ["persistent_xml"] = "<domain id='2'/>" }, ignoreOrder: true);

    [Fact]
    public void Parameters_have_the_types_that_libvirt_insists_on()
    {
        var request = Least with { BandwidthMiBPerSecond = 100, ParallelConnections = 4 };

        var parameters = Migration.Parameters(request).Items()
            .Select(e => $"{e.Items()[0].AsString()}:{((Orchestrator.DBus.BusValue)e.Items()[1].Content).Signature}");

        parameters.ShouldBe(["migrate_uri:s", "bandwidth:t", "parallel.connections:i"]);
    }

    [Fact]
    public void One_connection_is_the_ordinary_stream()
    {
        var request = Least with { ParallelConnections = 1 };

        Migration.Flags(request).HasFlag(MigrateFlags.Parallel).ShouldBeFalse();
        Migration.Parameters(request).ToDictionary().Keys.ShouldBe(["migrate_uri"]);
    }
}
