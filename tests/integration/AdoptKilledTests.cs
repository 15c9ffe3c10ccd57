using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>hostctl is killed in the middle of an adoption, and again in its resumption; no guest notices, and none runs twice.</summary>
public sealed class AdoptKilledTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_resumption_finishes_it_or_returns_everything(bool back)
    {
        await using var server = await OrdinaryServer.StartAsync(Repository.Bookworm, Options(32), Token);
        var lab = server.Lab;
        await server.AddGuestAsync(new GuestSpec("one") { Disk = DiskFormat.Qcow2, FillMiB = 64, Autostart = true }, Token);
        await server.AddGuestAsync(new GuestSpec("two") { Disk = DiskFormat.Raw, FillMiB = 64 }, Token);
        await server.AddGuestAsync(new GuestSpec("three") { FillMiB = 64 }, Token);
        await server.AddGuestAsync(new GuestSpec("spare") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff, Autostart = true }, Token);
        await using var witness = Witness.Start(lab.Guests);

        await KillAsync(lab, inFlight: 2, "adopt", "--yes", "--format", "json");
        (await lab.Hostctl.RunAsync(["adopt", "--yes"], Token)).ExitCode.ShouldBe(ExitCodes.Unfinished);
        await KillAsync(lab, inFlight: 1, ["resume", "--yes", "--format", "json", .. back ? ["--rollback"] : Array.Empty<string>()]);
        await server.ConfigureAsync(Options(null), shared: true, Token);
        var resumed = await lab.Hostctl.RunAsync(["resume", "--yes", .. back ? ["--rollback"] : Array.Empty<string>()], Token);

        resumed.ExitCode.ShouldBe(ExitCodes.Done, resumed.Describe());
        var status = await lab.Hostctl.StatusAsync(Token);
        status.UnfinishedSwap.ShouldBeNull();
        if (back)
            await AllIsAsBeforeAsync(server, status);
        else
            status.Active.Number.ShouldBe(1);
        foreach (var guest in lab.Guests)
        {
            var running = guest.Spec.State is GuestState.Running;
            QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid).ShouldBe(running ? 1 : 0, guest.Name);
            if (!back) status.Of(guest.Spec.Uuid).ShouldHaveSingleItem(guest.Name).Autostart.ShouldBe(guest.Spec.Autostart, guest.Name);
            if (!running) continue;
            await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
            guest.ReadLog().Judge().Problems.ShouldBeEmpty(guest.Name);
        }

        await Oracle.NobodyRanTwiceAsync(witness);
    }

    /// <summary>VMs that start by themselves do, each where it was; then the rest of the adoption is made up for.</summary>
    [Fact]
    public async Task After_a_power_cut_each_VM_starts_in_one_place_and_a_resumption_finishes_it()
    {
        await using var server = await OrdinaryServer.StartAsync(Repository.Trixie, Options(32), Token);
        var lab = server.Lab;
        var arrived = await server.AddGuestAsync(new GuestSpec("one") { Disk = DiskFormat.Qcow2, Autostart = true }, Token);
        var left = await server.AddGuestAsync(new GuestSpec("two") { Disk = DiskFormat.Raw, FillMiB = 64, Autostart = true }, Token);
        await using var witness = Witness.Start(lab.Guests);
        await KillAsync(lab, inFlight: 2, "adopt", "--yes", "--format", "json");
        await DockerCli.RunAsync(["kill", server.Libvirt.Container, (await lab.GenerationAsync(1, Token)).Container], Token);

        await server.StartAgainAsync(Token);
        var started = await lab.Hostctl.RunAsync(["start"], Token);
        started.ExitCode.ShouldBe(ExitCodes.Done, started.Describe());
        foreach (var guest in lab.Guests)
        {
            await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
            QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid).ShouldBe(1, guest.Name);
        }

        var status = await lab.Hostctl.StatusAsync(Token);
        status.Of(arrived.Spec.Uuid).ShouldHaveSingleItem().Generation.ShouldBe(1);
        status.Of(left.Spec.Uuid).ShouldHaveSingleItem().Generation.ShouldBe(0);
        await server.ConfigureAsync(Options(null), shared: true, Token);
        var resumed = await lab.Hostctl.RunAsync(["resume", "--yes"], Token);
        resumed.ExitCode.ShouldBe(ExitCodes.Done, resumed.Describe());
        (await lab.Hostctl.StatusAsync(Token)).Vms.ShouldAllBe(static vm => vm.Generation == 1 && vm.State == "running" && vm.Autostart);
        await Oracle.NobodyRanTwiceAsync(witness);
    }

    private static LabOptions Options(int? bandwidth)
    {
        var options = new LabOptions { Purpose = "adopt, killed", Image = Repository.Trixie }
            .With("generation", "soak = \"1h\"")
            .With("migration", "parallel = 1");
        return bandwidth is null ? options : options.With("migration", $"bandwidth_mib_per_second = {bandwidth}", $"max_bandwidth_mib_per_second = {bandwidth}");
    }

    /// <summary>One moves after the other, so that the first has arrived when the second is in flight.</summary>
    private static async Task KillAsync(OuterHostLab lab, int inFlight, params IReadOnlyList<string> arguments)
    {
        await using var hostctl = lab.Hostctl.Start(arguments);
        var begun = 0;
        await hostctl.WaitForLineAsync(
            $"VM {inFlight} to be on its way",
            line =>
            {
                if (line.Contains("\"moving\"", StringComparison.Ordinal)) begun++;
                return begun == inFlight && line.Contains("\"moveProgress\"", StringComparison.Ordinal);
            },
            Limit,
            Token);
        hostctl.Send(Signal.Kill);
        (await hostctl.WaitAsync(Limit, Token)).ExitCode.ShouldBe(RunningProcess.KilledExitCode);
    }

    /// <summary>Nothing but the record of what was done tells of it.</summary>
    private static async Task AllIsAsBeforeAsync(OrdinaryServer server, StatusView status)
    {
        status.Generations.ShouldBeEmpty();
        (await server.Libvirt.DomainsAsync(Token)).Order().ShouldBe(server.Lab.Guests.Select(static guest => guest.Spec.Uuid).Order());
        foreach (var guest in server.Lab.Guests)
            (await server.Libvirt.InfoAsync(guest, "Autostart", Token)).ShouldBe(guest.Spec.Autostart ? "enable" : "disable", guest.Name);
    }
}
