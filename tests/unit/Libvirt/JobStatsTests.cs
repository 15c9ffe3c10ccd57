using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Libvirt;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Libvirt;

public sealed class JobStatsTests
{
    [Fact]
    public void All_fields_are_mapped_with_their_units()
    {
        var job = JobStats.Read(Reply(
            DomainJobKind.Completed,
            ("time_elapsed", 1200),
            ("downtime", 51),
            ("downtime_net", 40),
            ("setup_time", 3),
            ("data_total", 1000),
            ("data_processed", 900),
            ("data_remaining", 100),
            ("memory_bps", 5_000_000),
            ("memory_dirty_rate", 10),
            ("memory_page_size", 4096),
            ("memory_iteration", 4),
            ("auto_converge_throttle", 30),
            ("operation", 9)));

        job.ShouldBe(new DomainJob(
            DomainJobKind.Completed,
            TimeSpan.FromMilliseconds(1200),
            TimeSpan.FromMilliseconds(51),
            1000,
            900,
            100,
            5_000_000,
            40_960,
            4,
            TimeSpan.FromMilliseconds(3))
        {
            ThrottlePercent = 30,
            Operation = DomainJobOperation.Backup,
        });
    }

    [Fact]
    public void No_job_is_null() => JobStats.Read(Reply(DomainJobKind.None)).ShouldBeNull();

    [Fact]
    public void Absent_fields_are_zero_or_unknown()
    {
        var job = JobStats.Read(Reply(DomainJobKind.Unbounded)).ShouldNotBeNull();

        job.Downtime.ShouldBeNull();
        job.SetupTime.ShouldBeNull();
        job.DataTotal.ShouldBe(0);
    }

    [Fact]
    public void The_net_downtime_serves_where_there_is_no_other() => JobStats
        .Read(Reply(DomainJobKind.Completed, ("downtime_net", 7)))!.Downtime.ShouldBe(TimeSpan.FromMilliseconds(7));

    [Fact]
    public void Absurd_numbers_are_cut()
    {
        var job = JobStats.Read(Reply(
            DomainJobKind.Unbounded,
            ("time_elapsed", ulong.MaxValue),
            ("data_total", ulong.MaxValue),
            ("memory_dirty_rate", ulong.MaxValue),
            ("memory_page_size", ulong.MaxValue),
            ("memory_iteration", ulong.MaxValue))).ShouldNotBeNull();

        job.Elapsed.ShouldBeGreaterThan(TimeSpan.FromDays(365));
        job.DataTotal.ShouldBe(long.MaxValue);
        job.DirtyBytesPerSecond.ShouldBe(long.MaxValue);
        job.Iteration.ShouldBe(int.MaxValue);
    }

    [Fact]
    public void A_reply_of_another_shape_is_refused() => Should.Throw<BusFormatException>(
        () => JobStats.Read(new BusReply([new BusValue("(i)", new[] { BusValue.Int32(1) })])));

    private static BusReply Reply(DomainJobKind kind, params (string Name, ulong Value)[] fields)
    {
        // Twice wrapped, as libvirt-dbus does.
        var entries = fields.Select(
            f => KeyValuePair.Create(f.Name, BusValue.Variant(BusValue.UInt64(f.Value))));
        return new BusReply(
            [new BusValue("(ia{sv})", new[] { BusValue.Int32((int)kind), BusValue.Dictionary(entries) })]);
    }
}
