using System.Diagnostics;
using System.Globalization;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Probing;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Spectre.Console;

namespace HostSwap.Demo;

/// <summary>One run of the demo: a new outer host, five VMs, a swap, the proofs, and nothing left behind.</summary>
internal sealed class DemoRun(DemoOptions options)
{
    private static readonly TimeSpan InterruptGrace = TimeSpan.FromSeconds(60);

    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Runs it; 0 where every proof holds.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        foreach (var id in await LabJanitor.RemoveLeftoversAsync(cancellationToken)) Say($"removed lab {id}, which an earlier run had left");
        await using var lab = await OuterHostLab.StartAsync(
            new LabOptions { Purpose = "make demo", Image = Repository.Bookworm }.With("migration", "canaries = \"all\""), cancellationToken);
        Say($"outer host {lab.Root}: gen-1 runs {Repository.Bookworm} (guests by {lab.AcceleratorName})");
        var report = await SwapAndProveAsync(lab, cancellationToken);
        var path = Path.Join(options.Output, "report.json");
        await report.WriteAsync(path, cancellationToken);
        DemoTable.Print(report);
        Say($"report: {path}");
        if (options.Keep) await KeepAsync(lab, cancellationToken);
        return report.Failures.Count == 0 ? 0 : 1;
    }

    private async Task<DemoReport> SwapAndProveAsync(OuterHostLab lab, CancellationToken cancellationToken)
    {
        var source = await lab.GenerationAsync(1, cancellationToken);
        await OuterHostLab.AddNetworkAsync(source, DemoScenario.Network, DemoScenario.NetworkBridge, cancellationToken);
        await lab.AddPoolAsync(source, DemoScenario.Pool, cancellationToken);
        var guests = await lab.AddGuestsAsync(source, DemoScenario.Guests, cancellationToken);
        var before = await Snapshot.TakeAsync(source, guests, cancellationToken);
        Say($"VMs: {string.Join(", ", guests.Select(guest => $"{guest.Name} ({before.States[guest.Name]})"))}");

        await using var witness = Witness.Start(guests);
        var probers = await StartProbersAsync(guests, cancellationToken);
        try
        {
            Say($"swapping to {Repository.Trixie}, each running VM pinged 50 times a second");
            var (exitCode, elapsed) = await SwapAsync(lab, cancellationToken);
            // A second more, so that a blackout right at the end is measured to its end.
            foreach (var guest in guests.Where(static guest => guest.Spec.State is GuestState.Running))
                await OuterHostLab.WaitForTicksAsync(guest, 10, cancellationToken);
            var pings = await StopProbersAsync(probers);
            var proofs = new DemoProofs(lab, guests, before, pings);
            return await proofs.JudgeAsync(exitCode, elapsed, await witness.StopAsync(), cancellationToken);
        }
        finally
        {
            foreach (var prober in probers.Values) await prober.DisposeAsync();
        }
    }

    private static async Task<IReadOnlyDictionary<string, PingProber>> StartProbersAsync(
        IReadOnlyList<Guest> guests, CancellationToken cancellationToken)
    {
        var probers = guests
            .Where(static guest => guest.Spec.State is GuestState.Running)
            .ToDictionary(static guest => guest.Name, static guest => PingProber.Start(guest.Address), StringComparer.Ordinal);
        foreach (var prober in probers.Values) await prober.WaitForReplyAsync(TimeSpan.FromSeconds(15), cancellationToken);
        foreach (var prober in probers.Values) prober.Reset();
        return probers;
    }

    private static async Task<IReadOnlyDictionary<string, PingReport>> StopProbersAsync(IReadOnlyDictionary<string, PingProber> probers)
    {
        var reports = new Dictionary<string, PingReport>(StringComparer.Ordinal);
        foreach (var (name, prober) in probers) reports[name] = await prober.StopAsync();
        return reports;
    }

    /// <summary>hostctl shows its live view on a terminal and plain lines elsewhere: it inherits ours.</summary>
    private static async Task<(int ExitCode, TimeSpan Elapsed)> SwapAsync(OuterHostLab lab, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var environment = new Dictionary<string, string>(StringComparer.Ordinal) { ["HOSTSWAP_ROOT"] = lab.Root };
        var exitCode = await ForegroundProcess.RunAsync(
            Repository.Hostctl,
            ["swap", "--yes", "--image", Repository.Trixie],
            environment,
            HostctlRunner.DefaultLimit,
            InterruptGrace,
            cancellationToken);
        return (exitCode, clock.Elapsed);
    }

    private async Task KeepAsync(OuterHostLab lab, CancellationToken cancellationToken)
    {
        lab.Keep = true;
        var docker = Environment.GetEnvironmentVariable("DOCKER_HOST");
        Say("kept, as KEEP=1 asks. To look around, in another terminal:");
        if (docker is not null) Say($"  export DOCKER_HOST={docker}");
        Say($"  export HOSTSWAP_ROOT={lab.Root}");
        foreach (var verb in new[] { "status", "history", "exec -- virsh list --all", "console web", "swap --image hostswap/host:bookworm" })
            Say($"  {Repository.Hostctl} {verb}");
        if (!IsPrivateEngine(docker))
        {
            Say("It is removed by the next 'make demo'.");
            return;
        }

        // The private engine ends with its last user, and every container with it.
        Say("The private Docker engine lives as long as this program: Ctrl-C removes everything.");
        lab.Keep = false;
        await WaitForSignalAsync(cancellationToken);
    }

    /// <summary>The operator's signal is what is waited for here, not a failure.</summary>
    private static Task WaitForSignalAsync(CancellationToken cancellationToken)
    {
        var signalled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        cancellationToken.Register(signalled.SetResult);
        return signalled.Task;
    }

    private static bool IsPrivateEngine(string? docker) => docker?.Contains("hostswap-dev", StringComparison.Ordinal) == true;

    private void Say(string text) =>
        AnsiConsole.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[grey]{_clock.Elapsed.TotalSeconds,6:0.0} s[/]  {text}");
}
