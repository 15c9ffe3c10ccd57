using System.Text.Json;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Refreshing;
using Prometheus;

namespace HostSwap.Orchestrator.Metrics;

/// <summary>Writes metrics in the text format of Prometheus, by prometheus-net, whose registry is filled anew for each page.</summary>
public static class MetricsPage
{
    /// <summary>The format's media type.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    // From a handover (some 30 ms) to a copy that was given seconds.
    private static readonly double[] BlackoutBuckets = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2, 5, 10, 30];

    /// <summary>Outcomes after which the host is up to date.</summary>
    private static readonly RefreshOutcome[] Good = [RefreshOutcome.Done, RefreshOutcome.Nothing];

    /// <summary>Outcomes that somebody should look at.</summary>
    private static readonly RefreshOutcome[] Bad =
    [
        RefreshOutcome.Refused, RefreshOutcome.Failed, RefreshOutcome.FailedOnOldSide, RefreshOutcome.FailedOnBothSides, RefreshOutcome.SoakFailed,
        RefreshOutcome.RolledBack, RefreshOutcome.NeedsPerson,
    ];

    /// <summary>Makes the page.</summary>
    public static async Task<byte[]> MakeAsync(HostMetrics metrics, CancellationToken cancellationToken)
    {
        var registry = Prometheus.Metrics.NewCustomRegistry();
        var factory = Prometheus.Metrics.WithCustomRegistry(registry);
        Gauge("hostswap_build_info", "The version of hostctl.", "version").WithLabels(metrics.Version).Set(1);
        Gauge("hostswap_status_readable", "Whether Docker and the generations answered; if not, there are no metrics of them.").Set(metrics.Status is null ? 0 : 1);
        AddStatus(factory, metrics);
        AddJournal(factory, metrics);
        AddRefreshes(factory, metrics.Refreshes);
        Gauge("hostswap_holds", "Who holds swaps now.").Set(metrics.Holds.Count);
        if (metrics.Holds.Count > 0)
            Gauge("hostswap_hold_oldest_placed_timestamp_seconds", "When the oldest of those holds was placed.").Set(Seconds(metrics.Holds.Min(static hold => hold.PlacedAt)));
        Gauge("hostswap_notices_waiting", "Notices that wait to be delivered.").Set(metrics.WaitingNotices);
        using var page = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(page, ExpositionFormat.PrometheusText, cancellationToken);
        return page.ToArray();

        Gauge Gauge(string name, string help, params string[] labels) => factory.CreateGauge(name, help, labels);
    }

    private static void AddStatus(MetricFactory factory, HostMetrics metrics)
    {
        if (metrics.Status is not { } status)
            return;
        var info = factory.CreateGauge("hostswap_generation_info", "A generation, with its image and versions.", "generation", "role", "image", "libvirt", "qemu");
        foreach (var generation in status.Generations)
            info.WithLabels(generation.Name, Word(generation.Role), generation.Image, generation.LibvirtVersion?.ToString() ?? "", generation.QemuVersion?.ToString() ?? "").Set(1);
        if (status.Generations.FirstOrDefault(static generation => generation.Role == GenerationRole.Active) is { } active)
            factory.CreateGauge("hostswap_generation_created_timestamp_seconds", "When the active generation was created.").Set(Seconds(active.CreatedAt));
        var states = factory.CreateGauge("hostswap_vms", "Virtual machines, by state.", "state");
        foreach (var state in Enum.GetValues<Libvirt.DomainState>())
            states.WithLabels(Word(state)).Set(status.VirtualMachines.Count(vm => vm.State == state));
        var ready = factory.CreateGauge("hostswap_vm_handover_ready", "Whether a virtual machine can be moved without its RAM being copied.", "vm");
        // While a swap goes on, two generations may have one.
        foreach (var vm in status.VirtualMachines.GroupBy(static vm => vm.Name, StringComparer.Ordinal))
            ready.WithLabels(vm.Key).Set(vm.Any(place => metrics.Handover.TryGetValue(new VmPlace(place.Generation, place.Uuid), out var readiness) && readiness.Ready) ? 1 : 0);
        factory.CreateGauge("hostswap_operation_unfinished", "Whether a swap has to be resumed, or goes on.").Set(status.UnfinishedSwap is null ? 0 : 1);
    }

    private static void AddJournal(MetricFactory factory, HostMetrics metrics)
    {
        var last = factory.CreateGauge("hostswap_operation_last_timestamp_seconds", "When an operation of a kind last ended with a result.", "kind", "result");
        foreach (var operation in metrics.Operations.Where(static operation => operation.FinishedAt is not null).GroupBy(static operation => (operation.Kind, operation.Result)))
            last.WithLabels(Word(operation.Key.Kind), Word(operation.Key.Result)).Set(Seconds(operation.Max(static one => one.FinishedAt!.Value)));
        var blackout = factory.CreateHistogram(
            "hostswap_vm_blackout_seconds",
            "For how long virtual machines stood still in moves that the journal has, as QEMU measured it.",
            new HistogramConfiguration { Buckets = BlackoutBuckets, LabelNames = ["method"] });
        foreach (var move in metrics.Moves)
        {
            if (move.Downtime is { } downtime)
                blackout.WithLabels(Kebab(move.Method)).Observe(downtime.TotalSeconds);
        }
    }

    private static void AddRefreshes(MetricFactory factory, IReadOnlyList<RefreshRecord> refreshes)
    {
        var last = factory.CreateGauge("hostswap_refresh_last_timestamp_seconds", "When a refresh last ended with an outcome.", "outcome");
        foreach (var refresh in refreshes.Where(static refresh => refresh.FinishedAt is not null).GroupBy(static refresh => refresh.Outcome))
            last.WithLabels(Word(refresh.Key)).Set(Seconds(refresh.Max(static one => one.FinishedAt!.Value)));
        if (refreshes.FirstOrDefault(static refresh => Good.Contains(refresh.Outcome))?.FinishedAt is { } good)
            factory.CreateGauge("hostswap_refresh_last_success_timestamp_seconds", "When a refresh last ended with the host up to date.").Set(Seconds(good));
        // One that only looked, was put off or had to wait makes nothing good that failed before it.
        var telling = refreshes.FirstOrDefault(static refresh => Good.Contains(refresh.Outcome) || Bad.Contains(refresh.Outcome));
        factory.CreateGauge("hostswap_refresh_failed", "Whether a refresh failed, and none has brought the host up to date since.").Set(telling is not null && Bad.Contains(telling.Outcome) ? 1 : 0);
        var checks = refreshes.Where(static refresh => refresh.Updates is not null).ToList();
        if (checks is not [var newest, ..])
            return;
        factory.CreateGauge("hostswap_updates_checked_timestamp_seconds", "When updates were last looked for.").Set(Seconds(newest.Updates!.CheckedAt));
        factory.CreateGauge("hostswap_pending_updates", "Packages of the configured image of which a newer version is known.").Set(Pending(newest, security: false));
        factory.CreateGauge("hostswap_pending_security_updates", "How many of them are security updates.").Set(Pending(newest, security: true));
        if (checks.TakeWhile(static check => Pending(check, security: true) > 0).LastOrDefault() is { } since)
        {
            factory.CreateGauge("hostswap_pending_security_updates_since_timestamp_seconds", "Since when there has always been a security update to wait.")
                .Set(Seconds(since.Updates!.CheckedAt));
        }
    }

    /// <summary>What waits after a refresh: nothing where that has brought the host up to date.</summary>
    private static int Pending(RefreshRecord refresh, bool security)
    {
        if (Good.Contains(refresh.Outcome))
            return 0;
        return security ? refresh.Updates!.SecurityCount : refresh.Updates!.Packages.Count;
    }

    private static string Word<T>(T value)
        where T : struct, Enum
        => Kebab(value.ToString());

    private static string Kebab(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name);

    private static double Seconds(DateTimeOffset moment) => moment.ToUnixTimeMilliseconds() / 1000.0;
}
