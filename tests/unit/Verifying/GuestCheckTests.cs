using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Verifying;
using HostSwap.Orchestrator.Verifying.Checks;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Verifying;

public sealed class GuestCheckTests
{
    private static readonly DomainRecord Vm = new(Guid.NewGuid(), "web", DomainState.Running, 1, Persistent: true, Autostart: false);

    [Fact]
    public void The_same_boot_is_well_and_another_is_an_error()
    {
        var (boot, other) = (Guid.NewGuid(), Guid.NewGuid());

        GuestCheck.Compare(Vm, Booted(boot), Booted(boot), rebooted: false).ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Ok);

        var error = GuestCheck.Compare(Vm, Booted(boot), Booted(other), rebooted: false).ShouldHaveSingleItem();
        (error.Subject, error.Name, error.Status).ShouldBe(("web", "boot", HealthStatus.Error));
        error.Message.ShouldContain(boot.ToString());
        error.Message.ShouldContain(other.ToString());

        GuestCheck.Compare(Vm, Booted(boot), Booted(other), rebooted: true).ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Warning);
    }

    [Fact]
    public void What_was_not_told_is_not_compared_and_never_an_error()
    {
        var told = new GuestFacts(Guid.NewGuid(), new GuestClock(TimeSpan.Zero, TimeSpan.Zero), Untold: null);

        GuestCheck.Compare(Vm, told, GuestFacts.NoAgent, rebooted: false).ShouldHaveSingleItem().Status.ShouldBe(HealthStatus.Warning);
        GuestCheck.Compare(Vm, GuestFacts.NoAgent, told, rebooted: false).ShouldBeEmpty();
        GuestCheck.Tell(Vm, GuestFacts.NoAgent).ShouldBeNull();
        GuestCheck.Tell(Vm, GuestFacts.NoAgent with { Untold = "it is silent" })!.Status.ShouldBe(HealthStatus.Warning);
        GuestCheck.Tell(Vm, told)!.Status.ShouldBe(HealthStatus.Ok);
    }

    [Theory]
    [InlineData(3600, 3600.5, 0, HealthStatus.Ok)] // a guest that was wrong before may stay wrong
    [InlineData(0, 1.5, 0, HealthStatus.Error)]
    [InlineData(0, -1.5, 0, HealthStatus.Error)]
    [InlineData(0, 1.5, 0.3, HealthStatus.Ok)] // both looks may be wrong by so much
    public void A_clock_that_jumped_is_an_error(double before, double now, double uncertainty, HealthStatus status)
    {
        var check = GuestCheck.Compare(Vm, Clock(before, uncertainty), Clock(now, uncertainty), rebooted: false).ShouldHaveSingleItem();

        (check.Name, check.Status).ShouldBe(("clock", status), check.Message);
    }

    private static GuestFacts Booted(Guid boot) => new(boot, Clock: null, Untold: null);

    private static GuestFacts Clock(double offset, double uncertainty) =>
        new(BootId: null, new GuestClock(TimeSpan.FromSeconds(offset), TimeSpan.FromSeconds(uncertainty)), Untold: null);
}
