using System.Text;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Metrics;
using HostSwap.Orchestrator.Preparing;
using HostSwap.Orchestrator.Refreshing;
using HostSwap.UnitTests.Hostctl;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Metrics;

public sealed class MetricsPageTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A host of which there is everything to tell.</summary>
    internal static HostMetrics Full() => new()
    {
        Version = "1.2.3",
        Status = Samples.Status() with { UnfinishedSwap = 7 },
        Handover = new Dictionary<VmPlace, HandoverReadiness> { [new VmPlace(1, Samples.Db)] = new(HandoverStage.Ready, "", Ram: null) },
        Holds = [new Hold("1", "r", "ada", Samples.At.AddDays(-2), Until: null), new Hold("2", "r", "bob", Samples.At, Until: null)],
        WaitingNotices = 3,
        Operations = [Samples.Operation(), Samples.Operation(6), Samples.Operation(5, OperationResult.FailedOnOldSide)],
        Moves =
        [
            new MoveRecord(Samples.Db, "db01", "Handover", "Verified", "", Autostart: true, 1, TimeSpan.FromMilliseconds(31), TimeSpan.FromSeconds(1)),
            new MoveRecord(Samples.Db, "db01", "Copy", "Verified", "", Autostart: true, 1, TimeSpan.FromMilliseconds(80), TimeSpan.FromSeconds(1)),
            new MoveRecord(Samples.Web, "web01", "Define", "Verified", "", Autostart: true, null, null, null),
        ],
        Refreshes =
        [
            Refresh(9, RefreshOutcome.Ended, hours: 30, security: 1),
            Refresh(8, RefreshOutcome.Vetoed, hours: 20, security: 2),
            Refresh(7, RefreshOutcome.Failed, hours: 10, security: 1),
            Refresh(6, RefreshOutcome.Done, hours: 0, security: 4),
            Refresh(5, RefreshOutcome.Ended, hours: -10, security: 4),
        ],
    };

    [Fact]
    public async Task It_tells_of_generations_VMs_operations_and_refreshes()
    {
        var lines = await LinesAsync(Full());

        lines.ShouldContain("hostswap_build_info{version=\"1.2.3\"} 1");
        lines.ShouldContain("hostswap_status_readable 1");
        lines.ShouldContain("hostswap_generation_info{generation=\"gen-1\",role=\"active\",image=\"hostswap/host:bookworm\",libvirt=\"9.0.0\",qemu=\"7.2.1\"} 1");
        lines.ShouldContain("hostswap_generation_created_timestamp_seconds 1793678706");
        lines.ShouldContain("hostswap_vms{state=\"running\"} 1");
        lines.ShouldContain("hostswap_vms{state=\"shut-off\"} 1");
        lines.ShouldContain("hostswap_vms{state=\"crashed\"} 0");
        lines.ShouldContain("hostswap_vm_handover_ready{vm=\"db01\"} 1");
        lines.ShouldContain("hostswap_vm_handover_ready{vm=\"web01\"} 0");
        lines.ShouldContain("hostswap_holds 2");
        lines.ShouldContain("hostswap_hold_oldest_placed_timestamp_seconds 1793505906");
        lines.ShouldContain("hostswap_notices_waiting 3");
        lines.ShouldContain("hostswap_operation_unfinished 1");
        lines.ShouldContain("hostswap_operation_last_timestamp_seconds{kind=\"swap\",result=\"done\"} 1793678718.5");
        lines.ShouldContain("hostswap_operation_last_timestamp_seconds{kind=\"swap\",result=\"failed-on-old-side\"} 1793678718.5");
        lines.ShouldContain("hostswap_vm_blackout_seconds_bucket{method=\"handover\",le=\"0.05\"} 1");
        lines.ShouldContain("hostswap_vm_blackout_seconds_bucket{method=\"copy\",le=\"0.05\"} 0");
        lines.ShouldContain("hostswap_vm_blackout_seconds_sum{method=\"copy\"} 0.08");
        lines.ShouldContain("hostswap_refresh_failed 1");
        lines.ShouldContain("hostswap_pending_updates 5");
        lines.ShouldContain("hostswap_pending_security_updates 1");
        lines.ShouldContain($"hostswap_refresh_last_success_timestamp_seconds {Samples.At.ToUnixTimeSeconds()}");
        lines.ShouldContain($"hostswap_refresh_last_timestamp_seconds{{outcome=\"failed\"}} {Samples.At.AddHours(10).ToUnixTimeSeconds()}");
        lines.ShouldContain($"hostswap_pending_security_updates_since_timestamp_seconds {Samples.At.AddHours(10).ToUnixTimeSeconds()}");
    }

    [Fact]
    public async Task After_a_refresh_nothing_waits()
    {
        var lines = await LinesAsync(Full() with { Refreshes = [Refresh(6, RefreshOutcome.Done, hours: 0, security: 4)] });

        lines.ShouldContain("hostswap_pending_updates 0");
        lines.ShouldContain("hostswap_pending_security_updates 0");
        lines.ShouldContain("hostswap_refresh_failed 0");
        lines.ShouldNotContain(static line => line.StartsWith("hostswap_pending_security_updates_since", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_cannot_be_read_is_left_out_and_that_it_is_so_is_told()
    {
        var lines = await LinesAsync(Full() with { Status = null });

        lines.ShouldContain("hostswap_status_readable 0");
        lines.ShouldNotContain(static line => line.StartsWith("hostswap_vms", StringComparison.Ordinal));
        lines.ShouldContain("hostswap_holds 2");
    }

    [Fact]
    public async Task A_VMs_name_cannot_break_out_of_its_label()
    {
        var lines = await LinesAsync(Full() with { Status = Samples.Status(Samples.Vm("a\"} 1\nb\\", Samples.Db)) });

        lines.ShouldContain("hostswap_vm_handover_ready{vm=\"a\\\"} 1\\nb\\\\\"} 1");
    }

    /// <summary>By Prometheus' own parser, of Debian's package.</summary>
    [Fact]
    public async Task Prometheus_understands_it_and_finds_nothing_to_say_of_it()
    {
        (await Promtool.RunAsync(["check", "metrics"], await MetricsPage.MakeAsync(Full(), Token), Token)).ShouldBe((0, ""));
    }

    [Fact]
    public void A_file_for_the_textfile_collector_is_there_for_all_to_read()
    {
        var directory = Directory.CreateTempSubdirectory("hostswap-unit-");
        try
        {
            var path = Path.Join(directory.FullName, "hostswap.prom");
            MetricsFile.Write(path, "a 1\n"u8);
            MetricsFile.Write(path, "a 2\n"u8);

            File.ReadAllText(path).ShouldBe("a 2\n");
            File.GetUnixFileMode(path).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
            directory.GetFiles().Length.ShouldBe(1);
            Should.Throw<Orchestrator.Errors.UsageException>(() => MetricsFile.Write(Path.Join(directory.FullName, "x.txt"), "a 1\n"u8));
            Should.Throw<Orchestrator.Errors.EnvironmentException>(() => MetricsFile.Write("/nonexistent/x.prom", "a 1\n"u8)).Message.ShouldContain("/nonexistent");
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    private static RefreshRecord Refresh(long id, RefreshOutcome outcome, int hours, int security)
    {
        var at = Samples.At.AddHours(hours);
        var packages = Enumerable.Range(0, 5).Select(index => new PendingUpdate($"p{index}", "1", "2", "o", Security: index < security)).ToList();
        return new RefreshRecord(id, Scheduled: true, at, outcome, "s") { FinishedAt = at, Updates = new UpdateReport(at, "hostswap/host:trixie", "a", "a", packages, RecipeChanged: false) };
    }

    private static async Task<string[]> LinesAsync(HostMetrics metrics) => Encoding.UTF8.GetString(await MetricsPage.MakeAsync(metrics, Token)).Split('\n');
}
