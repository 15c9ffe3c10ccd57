using System.Text.Json;
using HostSwap.Hostctl.Json;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Watching;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Spectre.Console.Testing;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

/// <summary>How the ladder's rungs, and what VMs want, are shown.</summary>
public sealed class ClimbTests
{
    private static readonly MoveClimbed Climbed =
        new(Samples.At, Samples.Db, "db01", Rung.PostCopy, "it goes on on the new side by post-copy, since it has come no nearer");

    [Fact]
    public void A_climb_is_a_line_for_people() => new EventLinesText(TimeZoneInfo.Utc).Say(Climbed).ShouldNotBeNull()
        .ShouldEndWith("vm db01: climbs to post-copy: it goes on on the new side by post-copy, since it has come no nearer");

    [Fact]
    public void A_climb_is_a_line_for_programs()
    {
        using var output = new StringWriter();
        HostctlJson.WriteLine(output, EventLine.Of(Climbed).ShouldNotBeNull(), json => json.EventLine);
        using var line = JsonDocument.Parse(output.ToString());
        line.RootElement.GetProperty("event").GetString().ShouldBe("moveClimbed");
        line.RootElement.GetProperty("rung").GetString().ShouldBe("post-copy");
        line.RootElement.GetProperty("reason").GetString().ShouldBe(Climbed.Reason);
    }

    [Fact]
    public void The_live_view_knows_the_rung() =>
        SwapView.Empty.Apply(Climbed).Vms.ShouldHaveSingleItem().Rung.ShouldBe(Rung.PostCopy);

    [Fact]
    public void The_report_says_how_high_a_vm_had_to_climb_and_only_then()
    {
        var result = Samples.Result();
        Report(result).ShouldNotContain("Climbed to");
        var climbed = Report(result with { Moves = [result.Moves[0] with { Rung = Rung.Downtime }, result.Moves[1]] });
        climbed.ShouldContain("Climbed to");
        climbed.ShouldContain("downtime");
    }

    [Fact]
    public void The_plan_shows_what_is_not_the_default()
    {
        var plan = Samples.Plan();
        Plan(plan).ShouldNotContain("policy");
        var policy = new VmPolicy(ConvergencePolicy.Pause, 3, "a");
        var told = plan with { Moves = [plan.Moves[0] with { Policy = policy }, plan.Moves[1]] };
        Plan(told).ShouldContain("policy pause, priority 3, group a");
        var dto = PlanDto.Map(told).Moves[0];
        (dto.Policy, dto.Priority, dto.Group).ShouldBe(("pause", 3, "a"));
    }

    private static string Report(SwapResult result)
    {
        using var console = new TestConsole().Width(250);
        SwapReport.WriteMoves(console, result);
        return console.Output;
    }

    private static string Plan(SwapPlan plan)
    {
        using var console = new TestConsole().Width(250);
        PlanText.Write(console, plan);
        return console.Output;
    }
}
