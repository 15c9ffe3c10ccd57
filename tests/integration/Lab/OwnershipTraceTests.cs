using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests.Lab;

/// <summary>The witness must catch two owners, and must not take QEMU's housekeeping for one.</summary>
public sealed class OwnershipTraceTests
{
    private const int Source = 1;
    private const int Target = 2;
    private const long Window = 5_000_000;
    private const long Busy = 2_000_000;
    private const long Idle = 200_000;

    private readonly OwnershipTrace _trace = new(Guid.NewGuid());
    private long _now;

    [Fact]
    public void A_hand_over_is_fine()
    {
        Run(200, Busy, 0);
        Run(20, 0, 0);
        Run(200, 0, Busy);

        Found.ShouldBeEmpty();
        _trace.Owner.ShouldBe(Target);
    }

    [Fact]
    public void Two_that_run_at_once_are_found_within_50_ms()
    {
        Run(200, Busy, 0);
        Run(10, Busy, Busy);

        Found.ShouldNotBeEmpty();
    }

    [Fact]
    public void Two_idle_ones_that_run_at_once_are_found()
    {
        Run(400, Idle, 0);
        Run(100, Idle, Idle);

        Found.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_source_that_wakes_up_again_is_found()
    {
        Run(200, Busy, 0);
        Run(200, 0, Busy);
        Run(5, Busy, 0);

        Found.ShouldNotBeEmpty();
    }

    [Fact]
    public void A_target_that_only_prepares_does_not_become_the_owner()
    {
        Run(200, Busy, 0);
        _trace.Observe(Target, 1_600_000, _now).ShouldBeNull();
        Run(100, Busy, 0);
        _trace.Observe(Target, 800_000, _now).ShouldBeNull();
        Run(100, Busy, 0);

        Found.ShouldBeEmpty();
        _trace.Owner.ShouldBe(Source);
    }

    [Fact]
    public void What_a_new_process_costs_on_a_busy_machine_is_no_guest()
    {
        Run(200, Busy);
        _trace.Observe(Target, 8_100_000, _now).ShouldBeNull();
        Run(300, Busy, 0);

        Found.ShouldBeEmpty();
        _trace.Owner.ShouldBe(Source);
    }

    [Fact]
    public void One_that_runs_from_its_birth_on_is_found()
    {
        Run(200, Busy);
        Run(60, Busy, Busy);

        Found.ShouldNotBeEmpty();
    }

    private List<DoubleRun> Found { get; } = [];

    private void Run(int windows, long source, long? target = null)
    {
        for (var i = 0; i < windows; i++)
        {
            _now += Window;
            if (_trace.Observe(Source, source, _now) is { } one) Found.Add(one);
            if (target is { } ran && _trace.Observe(Target, ran, _now) is { } other) Found.Add(other);
        }
    }
}
