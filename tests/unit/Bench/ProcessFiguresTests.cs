using HostSwap.Bench.Measuring;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Bench;

/// <summary>Figures that virsh and the kernel tell as text.</summary>
public sealed class ProcessFiguresTests
{
    [Fact]
    public void Libvirts_figures_are_read_from_what_virsh_prints()
    {
        var job = JobInfo.Parse("Job type: 3\n\noperation: 5\ntime_elapsed: 1213\ndowntime_net: 48\ndowntime: 51\ndata_processed: 4294967296\nfuture: words\n");

        job.ShouldBe(new JobInfo(4294967296, 51));
    }

    [Fact]
    public void Without_the_whole_downtime_the_net_one_counts_and_without_both_there_is_none()
    {
        JobInfo.Parse("downtime_net: 48\ndata_processed: 1").ShouldBe(new JobInfo(1, 48));
        JobInfo.Parse("").ShouldBe(new JobInfo(0, null));
    }

    [Fact]
    public void A_processs_name_may_hold_what_separates_the_fields()
    {
        const string Stat = "42 (a) b (c) S 1 42 42 0 -1 4194304 300 0 0 0 150 50 0 0 20 0 4 0 1000 0 0";

        ProcessUsage.Parse("Name:\ta) b (c\nVmPeak:\t  9 kB\nVmHWM:\t   30720 kB\n", Stat).ShouldBe(new ProcessUsage(TimeSpan.FromSeconds(2), 30 << 20));
        ProcessUsage.Parse("Name:\tended\nState:\tZ (zombie)\n", Stat).ShouldBeNull();
    }
}
