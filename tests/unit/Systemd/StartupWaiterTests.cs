using System.Diagnostics;
using HostSwap.Orchestrator.DBus;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Systemd;
using HostSwap.UnitTests.DBus;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Systemd;

public sealed class StartupWaiterTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("initializing", true)]
    [InlineData("starting", true)]
    [InlineData("running", false)]
    [InlineData("degraded", false)]
    [InlineData("maintenance", false)]
    [InlineData("stopping", false)]
    public void Only_these_states_are_start_up(string state, bool starting) =>
        StartupWaiter.IsStarting(state).ShouldBe(starting);

    [Fact]
    public void Jobs_are_told_with_what_they_do()
    {
        var job = new BusValue("(usssoo)", new[]
        {
            BusValue.UInt32(7), BusValue.String("libvirtd.service"), BusValue.String("start"),
            BusValue.String("running"), new BusValue("o", "/j"), new BusValue("o", "/u"),
        });

        StartupWaiter.DescribeJobs(new BusReply([new BusValue("a(usssoo)", new[] { job })]))
            .ShouldBe("jobs: libvirtd.service start running");
        StartupWaiter.DescribeJobs(new BusReply([new BusValue("a(usssoo)", Array.Empty<BusValue>())]))
            .ShouldBe("no jobs");
    }

    [Fact]
    public async Task A_bus_that_never_comes_ends_at_the_deadline()
    {
        await using var host = new SystemdHost("/nonexistent/bus", "gen-9");
        var begun = Stopwatch.GetTimestamp();

        var error = await Should.ThrowAsync<DeadlineException>(
            host.WaitUntilStartedAsync(TimeSpan.FromMilliseconds(300), Token));

        error.Message.ShouldContain("systemd gen-9 to finish starting");
        error.Message.ShouldContain("/nonexistent/bus");
        Stopwatch.GetElapsedTime(begun).ShouldBeLessThan(TimeSpan.FromSeconds(5));
    }

    [Fact]
    public async Task A_bus_without_systemd_ends_at_the_deadline_too()
    {
        await using var bus = await PrivateBus.StartAsync();
        await using var host = new SystemdHost(bus.SocketPath, "gen-9");

        var error = await Should.ThrowAsync<DeadlineException>(
            host.WaitUntilStartedAsync(TimeSpan.FromMilliseconds(300), Token));

        error.Message.ShouldContain("org.freedesktop.systemd1");
        (await Should.ThrowAsync<AdapterException>(host.GetStatusAsync(Token))).System.ShouldBe("systemd gen-9");
    }

    [Fact]
    public async Task Cancelling_ends_the_wait()
    {
        await using var host = new SystemdHost("/nonexistent/bus", "gen-9");
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));

        await Should.ThrowAsync<OperationCanceledException>(
            host.WaitUntilStartedAsync(TimeSpan.FromMinutes(1), source.Token));
    }
}
