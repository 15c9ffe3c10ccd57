using System.Diagnostics;
using System.Xml.Linq;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A plan that starts nothing tells the same of VMs as the full one did, from what that has recorded, and says what it does not know.</summary>
public sealed class QuickPlanTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IReadOnlyList<string> Quick { get; } = ["plan", "--quick", "--image", Repository.Trixie, "--format", "json"];

    [Fact]
    public async Task It_tells_at_once_what_a_candidate_said_before_and_starts_nothing()
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = "quick plan" }, Token);
        var source = await lab.GenerationAsync(1, Token);
        var off = new GuestSpec("") { State = GuestState.ShutOff };
        await lab.AddGuestsAsync(
            source,
            [
                new GuestSpec("web"),
                off with { Name = "desktop", Uuid = Guid.NewGuid(), ExtraDevices = [XElement.Parse("<graphics type='spice'/>")] },
                off with { Name = "old-machine", Uuid = Guid.NewGuid(), MachineType = "pc-i440fx-2.0" },
            ],
            Token);

        var nothing = await lab.Hostctl.RunAsync(Quick, Token);
        nothing.ExitCode.ShouldBe(ExitCodes.Environment, nothing.Describe());
        nothing.Error.ShouldContain("nothing is recorded of it");
        nothing.Error.ShouldContain($"hostctl plan --image {Repository.Trixie}");

        var full = await lab.Hostctl.RunAsync(["plan", "--image", Repository.Trixie, "--format", "json"], Token);
        full.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, full.Describe());
        var asked = HostctlDocuments.Read<PlanView>(full.Output).Plan;
        asked.Versions.ShouldContain(static version => version.Part == "qemu" && version.From.Contains("7.2", StringComparison.Ordinal) && version.To.Contains("10.0", StringComparison.Ordinal));
        asked.KernelModules.ShouldContain(static module => module.Name == "tun" && module.From && module.To == true);
        var operations = (await lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations.Count;

        var began = Stopwatch.GetTimestamp();
        var quick = await lab.Hostctl.RunAsync(Quick, Token);
        TestContext.Current.TestOutputHelper?.WriteLine($"quick: {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms");

        quick.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, quick.Describe());
        var plan = HostctlDocuments.Read<PlanView>(quick.Output).Plan;
        plan.Candidate.ShouldBeNull();
        plan.RecordedAt.ShouldNotBeNull();
        plan.NotAsked.ShouldNotBeNull().ShouldContain(static line => line.Contains("canary", StringComparison.Ordinal));
        plan.NotAsked.ShouldNotContain(static line => line.Contains("web", StringComparison.Ordinal));
        plan.Blockers.Select(static blocker => (blocker.Code, blocker.Subject, blocker.Problem)).ShouldBe(
            asked.Blockers.Select(static blocker => (blocker.Code, blocker.Subject, blocker.Problem)), ignoreOrder: true);
        plan.Packages.ShouldNotBeNull().Count.ShouldBe(asked.Packages!.Count);
        (await lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations.Count.ShouldBe(operations, "it is no operation");
        await Oracle.GenerationsAreAsync(lab, active: 1, Token);

        await lab.AddGuestsAsync(source, [off with { Name = "later", Uuid = Guid.NewGuid(), MachineType = "pc-i440fx-7.2" }], Token);
        HostctlDocuments.Read<PlanView>((await lab.Hostctl.RunAsync(Quick, Token)).Output).Plan.NotAsked.ShouldNotBeNull()
            .ShouldContain(static line => line.StartsWith("later: whether its machine type pc-i440fx-7.2", StringComparison.Ordinal));

        foreach (var file in Directory.EnumerateFiles(lab.Paths.Capabilities))
        {
            var whole = await File.ReadAllBytesAsync(file, Token);
            await File.WriteAllBytesAsync(file, whole[..(whole.Length / 2)], Token);
        }

        var broken = await lab.Hostctl.RunAsync(Quick, Token);
        broken.ExitCode.ShouldBe(ExitCodes.Environment, broken.Describe());
        broken.Error.ShouldContain("cannot be used");
    }
}
