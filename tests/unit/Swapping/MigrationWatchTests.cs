using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Swapping;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Swapping;

public sealed class MigrationWatchTests
{
    private static readonly MigrationSettings Settings =
        new(null, null, 1, true, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(30), 0, TimeSpan.Zero, 0);

    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void The_limit_grows_with_ram() =>
        MigrationWatch.LimitOf(Settings, 4L << 30).ShouldBe(TimeSpan.FromSeconds(60 + (4 * 10)));

    [Fact]
    public void Standing_still_is_noticed_but_starting_qemu_is_not_standing_still()
    {
        var watch = new MigrationWatch(Settings, _time);
        _time.Advance(TimeSpan.FromSeconds(29));
        watch.Saw(Job(total: 0, processed: 0));
        _time.Advance(TimeSpan.FromSeconds(29));
        watch.WhyGiveUp(CancellationToken.None).ShouldBeNull();
        watch.Saw(Job(total: 10, processed: 1));
        _time.Advance(TimeSpan.FromSeconds(5));
        watch.Saw(Job(total: 10, processed: 1));
        _time.Advance(TimeSpan.FromSeconds(6));
        watch.WhyGiveUp(CancellationToken.None).ShouldBeNull();
        _time.Advance(TimeSpan.FromSeconds(20));
        watch.WhyGiveUp(CancellationToken.None).ShouldNotBeNull();
    }

    [Fact]
    public void The_first_reason_to_abort_is_the_one_that_is_told()
    {
        var watch = new MigrationWatch(Settings, _time);
        watch.Abort("first").ShouldBe(TimeSpan.Zero);
        _time.Advance(TimeSpan.FromSeconds(3));
        watch.Abort("second").ShouldBe(TimeSpan.FromSeconds(3));
        watch.Aborted.ShouldBe("first");
    }

    private static DomainJob Job(long total, long processed) =>
        new(DomainJobKind.Unbounded, TimeSpan.Zero, null, total, processed, total - processed, 0, 0, 1, null);
}
