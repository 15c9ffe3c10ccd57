using System.Diagnostics;
using System.Globalization;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Packages;
using HostSwap.Lab.Probing;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Spectre.Console;

namespace HostSwap.Demo;

/// <summary>An unattended refresh from update to report: a package gains a newer version, and a timer's call does the rest.</summary>
internal sealed class RefreshDemo(DemoOptions options)
{
    private const string Suite = "trixie";

    private static readonly TimeSpan RefreshLimit = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromSeconds(60);

    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<string> _failures = [];

    private static IReadOnlyList<GuestSpec> Guests =>
    [
        new("web") { Autostart = true },
        new("db") { Disk = DiskFormat.Qcow2, DiskMiB = 256, DiskKiBPerSecond = 512, Prepared = true },
        new("cache") { MemoryMiB = 384, Dirty = new DirtyLoad(64, 40), Prepared = true },
    ];

    /// <summary>Runs it; 0 where every proof holds.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await LabJanitor.RemoveLeftoversAsync(cancellationToken)) Say($"removed lab {id}, which an earlier run had left");
        Say("building this server's own image, with its operator's packages, and bringing gen-1 up from it");
        // Its window began with this hour.
        var settings = new LabOptions { Purpose = "make demo-refresh" }
            .With("refresh", "strategy = \"window\"", "soak = \"10s\"")
            .With("window.now", "start = \"0 * * * *\"", "duration = \"2h\"");
        await using var world = await RefreshableLab.StartAsync(settings, Suite, cancellationToken);
        await RefreshAndProveAsync(world, cancellationToken);
        foreach (var failure in _failures) AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[red]failed:[/] {failure}");
        if (_failures.Count == 0) AnsiConsole.MarkupLine("[green]pass[/]: the host was refreshed by itself, and no guest noticed");
        return _failures.Count == 0 ? 0 : 1;
    }

    private async Task RefreshAndProveAsync(RefreshableLab world, CancellationToken cancellationToken)
    {
        var lab = world.Host;
        var guests = await lab.AddGuestsAsync(await lab.GenerationAsync(1, cancellationToken), Guests, cancellationToken);
        Say($"VMs: {string.Join(", ", guests.Select(static guest => guest.Name))}");
        await world.PublishAsync("2.0", cancellationToken);
        Say($"a security update is published: {RefreshableLab.Package} 1.0 → 2.0. From here on nobody types anything: a timer calls 'hostctl refresh --scheduled'");

        await using var witness = Witness.Start(guests);
        var probers = guests.ToDictionary(static guest => guest.Name, static guest => PingProber.Start(guest.Address), StringComparer.Ordinal);
        try
        {
            foreach (var prober in probers.Values)
            {
                await prober.WaitForReplyAsync(TimeSpan.FromSeconds(15), cancellationToken);
                prober.Reset();
            }

            Require(await RefreshAsync(lab, cancellationToken) == 0, "the refresh did not end with 0");
            foreach (var (name, prober) in probers)
            {
                var blackout = (await prober.StopAsync()).Blackout;
                Say($"{name}: silent for {blackout.TotalMilliseconds:0} ms at most");
                Require(blackout <= DemoScenario.BlackoutLimit, $"{name} was silent for {blackout.TotalMilliseconds:0} ms");
            }
        }
        finally
        {
            foreach (var prober in probers.Values) await prober.DisposeAsync();
        }

        Require((await witness.StopAsync()).DoubleRuns.Count == 0, "a VM ran twice");
        var target = await lab.ActiveAsync(cancellationToken);
        Require(target.Number == 2, $"gen-{target.Number} is active");
        Require(string.Equals(await target.RunAsync(["cat", RefreshableLab.PackageFile], cancellationToken), "2.0", StringComparison.Ordinal), "the active generation has not the newer package");
        foreach (var guest in guests)
        {
            var life = guest.ReadLog().Judge();
            Require(life is { IsContinuous: true, BootIds.Count: 1 }, $"{guest.Name} has noticed: its counter has a gap, or it was started anew");
        }

        await RefreshesOnlyOnceAsync(world, cancellationToken);
        Require((await lab.Hostctl.RunAsync(["status"], cancellationToken)).Output.Contains("Nothing is newer", StringComparison.Ordinal), "the status does not say that nothing is newer");
        CopyReport(lab);
    }

    private async Task<int> RefreshAsync(OuterHostLab lab, CancellationToken cancellationToken) => await ForegroundProcess.RunAsync(
        Repository.Hostctl,
        ["refresh", "--scheduled"],
        new Dictionary<string, string>(StringComparer.Ordinal) { ["HOSTSWAP_ROOT"] = lab.Root },
        RefreshLimit,
        InterruptGrace,
        cancellationToken);

    private async Task RefreshesOnlyOnceAsync(RefreshableLab world, CancellationToken cancellationToken)
    {
        var again = await world.RefreshAsync(cancellationToken, "--scheduled");
        Require(again.ExitCode == 0 && again.Output.Contains("changed: false", StringComparison.Ordinal), "a second call was not told that there is nothing to do");
        Say("called again, it says: changed: false");
    }

    private void CopyReport(OuterHostLab lab)
    {
        var made = Directory.GetFiles(lab.Paths.Reports, "*.html");
        Require(made.Length == 1, $"there are {made.Length} reports");
        if (made is not [var report]) return;
        Directory.CreateDirectory(options.Output);
        var kept = Path.Join(options.Output, "report.html");
        File.Copy(report, kept, overwrite: true);
        Say($"report: {kept}");
    }

    private void Require(bool holds, string failure)
    {
        if (!holds) _failures.Add(failure);
    }

    private void Say(string text) =>
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{_clock.Elapsed.TotalSeconds,6:0.0} s[/]  {text}");
}
