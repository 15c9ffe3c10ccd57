using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using HostSwap.Orchestrator.Metrics;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Metrics;

/// <summary>The dashboard and the alerts that come with hostctl ask for metrics that there are.</summary>
public sealed partial class ExamplesTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_metric_of_the_dashboard_exists()
    {
        using var dashboard = JsonDocument.Parse(await ReadAsync("grafana-dashboard.json"));
        var expressions = dashboard.RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
            .Select(static target => target.GetProperty("expr").GetString()!)
            .Append(dashboard.RootElement.GetProperty("templating").GetProperty("list")[1].GetProperty("definition").GetString()!)
            .ToList();

        expressions.Count.ShouldBeGreaterThan(12);
        foreach (var expression in expressions)
            await ShouldExistAsync(expression);
    }

    [Fact]
    public async Task Every_metric_of_the_alerts_exists_and_Prometheus_understands_them()
    {
        var rules = Expression().Matches(await ReadAsync("prometheus-alerts.yml"));
        rules.Count.ShouldBe(7);
        foreach (Match rule in rules)
            await ShouldExistAsync(rule.Groups["expression"].Value);

        var (code, said) = await Promtool.RunAsync(["check", "rules", "--lint-fatal", PathOf("prometheus-alerts.yml")], input: default, Token);
        code.ShouldBe(0, said);
        said.ShouldContain("7 rules found");
    }

    /// <summary>By the alerts' own engine: each fires on what it is for, and not before.</summary>
    [Fact]
    public async Task Alerts_fire_on_what_they_are_for()
    {
        var tests = Path.GetTempFileName();
        await File.WriteAllTextAsync(
            tests,
            $$"""
            rule_files: ["{{PathOf("prometheus-alerts.yml")}}"]
            evaluation_interval: 10m
            tests:
              - interval: 10m
                input_series:
                  - { series: 'hostswap_refresh_failed{instance="a"}', values: '0x10 1x1000' }
                  - { series: 'hostswap_operation_unfinished{instance="a"}', values: '0x1000' }
                  - { series: 'hostswap_pending_security_updates_since_timestamp_seconds{instance="a"}', values: '0x1000' }
                  - { series: 'hostswap_hold_oldest_placed_timestamp_seconds{instance="a"}', values: '0x1500' }
                alert_rule_test:
                  - { eval_time: 1h, alertname: HostSwapRefreshFailed, exp_alerts: [] }
                  - eval_time: 3h
                    alertname: HostSwapRefreshFailed
                    exp_alerts:
                      - exp_labels: { severity: critical, instance: a }
                        exp_annotations:
                          summary: A refresh of a failed
                          description: And none has brought the host up to date since. 'hostctl status' and 'hostctl history' say what happened.
                  - { eval_time: 100h, alertname: HostSwapUnfinished, exp_alerts: [] }
                  - { eval_time: 72h, alertname: HostSwapSecurityUpdatesWait, exp_alerts: [] }
                  - eval_time: 74h
                    alertname: HostSwapSecurityUpdatesWait
                    exp_alerts:
                      - exp_labels: { severity: warning, instance: a }
                        exp_annotations: { summary: Security updates of a have been waiting for 3d 2h 0m 0s }
                  - { eval_time: 168h, alertname: HostSwapHeldForLong, exp_alerts: [] }
                  - eval_time: 170h
                    alertname: HostSwapHeldForLong
                    exp_alerts:
                      - exp_labels: { severity: warning, instance: a }
                        exp_annotations:
                          summary: Somebody has held swaps of a for 7d 2h 0m 0s
                          description: "'hostctl status' says who and why, and 'hostctl release' releases it."
            """,
            Token);
        try
        {
            var (code, said) = await Promtool.RunAsync(["test", "rules", tests], input: default, Token);
            code.ShouldBe(0, said);
        }
        finally
        {
            File.Delete(tests);
        }
    }

    private static async Task ShouldExistAsync(string expression)
    {
        var page = Encoding.UTF8.GetString(await MetricsPage.MakeAsync(MetricsPageTests.Full(), Token));
        var names = page.Split('\n').Where(static line => line.Length > 0 && line[0] != '#').Select(static line => line.Split('{', ' ')[0]).ToHashSet(StringComparer.Ordinal);
        var used = Name().Matches(expression).Select(static match => match.Value).ToList();
        used.ShouldNotBeEmpty(expression);
        used.ShouldBeSubsetOf(names);
    }

    private static string PathOf(string name) => Path.Join(Promtool.Root, "hostctl/packaging", name);

    private static Task<string> ReadAsync(string name) => File.ReadAllTextAsync(PathOf(name), Token);

    [GeneratedRegex("^ +expr: (?<expression>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Expression();

    [GeneratedRegex("hostswap_[a-z0-9_]+", RegexOptions.None, 1000)]
    private static partial Regex Name();
}
