using System.Globalization;
using HostSwap.Bench.Reporting;
using HostSwap.Bench.Worlds;

namespace HostSwap.Bench.Sections;

/// <summary>How long verbs take that move nothing, on a host that is full of VMs.</summary>
internal sealed class StartUp(BenchWorld world, BenchScale scale, BenchFindings findings)
{
    /// <summary>A plan starts a candidate, so a few have to do.</summary>
    private const int Plans = 3;

    /// <summary>Measures them.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await RunAsync(["--help"], scale.StartUps, cancellationToken);
        await RunAsync(["status"], scale.StartUps, cancellationToken);
        await RunAsync(["plan", "--image", BenchWorld.Image], Plans, cancellationToken);
    }

    private async Task RunAsync(IReadOnlyList<string> verb, int times, CancellationToken cancellationToken)
    {
        List<double> samples = [];
        for (var i = 0; i < times; i++)
            samples.Add((await world.Lab.Hostctl.RunAsync(verb, cancellationToken)).Succeeded().Elapsed.TotalMilliseconds);
        var row = new StartUpRow(string.Join(' ', verb), samples.Count, Statistics.Median(samples), Statistics.Largest(samples));
        findings.StartUp.Add(row);
        findings.Say(string.Create(CultureInfo.InvariantCulture, $"hostctl {row.Verb}: median {row.MedianMs:0} ms"));
    }
}
