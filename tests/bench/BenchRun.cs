using System.Globalization;
using HostSwap.Bench.Measuring;
using HostSwap.Bench.Reporting;
using HostSwap.Bench.Sections;
using HostSwap.Bench.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;

namespace HostSwap.Bench;

/// <summary>One run of the bench: the sections one after the other on one outer host, and the report.</summary>
internal sealed class BenchRun(BenchOptions options)
{
    private static readonly TimeSpan Limit = TimeSpan.FromHours(2);
    private static readonly TimeSpan PartLimit = TimeSpan.FromMinutes(45);

    private readonly BenchFindings _findings = new();
    private BenchWorld? _world;

    private BenchScale Scale => options.Scale;

    /// <summary>Measures what was asked for; 0 where all of it could be measured.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        RequireMemory();
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(Limit);
        var accelerator = await Accelerator.ProbeAsync(cancellationToken);
        try
        {
            await MeasureAsync(deadline.Token);
        }
        finally
        {
            await CloseAsync();
        }

        var report = Report(accelerator);
        var path = Path.Join(options.Output, "report.json");
        await report.WriteAsync(path, cancellationToken);
        BenchTable.Print(report);
        Console.WriteLine($"report: {path}");
        return report.Problems.Count == 0 ? 0 : 1;
    }

    private async Task MeasureAsync(CancellationToken cancellationToken)
    {
        foreach (var size in Scale.SizesMiB.Where(_ => options.Wants(1)))
            await PartAsync($"idle, {size} MiB", (world, token) => new SingleVm(world, Scale, _findings, _findings.Idle).IdleAsync(size, token), cancellationToken);
        if (options.Wants(1))
        {
            await PartAsync(
                $"waiting, {Scale.ReferenceMiB} MiB", (world, token) => new SingleVm(world, Scale, _findings, _findings.Idle).WaitingAsync(Scale.ReferenceMiB, token), cancellationToken);
        }

        foreach (var size in Scale.SizesMiB.Where(_ => options.Wants(2)))
            await PartAsync($"dirtying, {size} MiB", (world, token) => new SingleVm(world, Scale, _findings, _findings.Dirtying).DirtyingAsync(size, token), cancellationToken);
        if (options.Wants(3) || options.Wants(4))
            await PartAsync("whole host", (world, token) => new WholeHost(world, Scale, _findings).RunAsync(options.Wants(3), options.Wants(4), token), cancellationToken);
    }

    /// <summary>
    /// One part. What could not be measured is told, and the next part begins with a new outer host; a bench that lost an
    /// hour's figures by its last move would be no help.
    /// </summary>
    private async Task PartAsync(string name, Func<BenchWorld, CancellationToken, Task> part, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(PartLimit);
        try
        {
            _world ??= await BenchWorld.StartAsync(deadline.Token);
            await part(_world, deadline.Token);
        }
        catch (Exception exception) when (exception is LabException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = exception is LabException ? exception.Message : $"not finished after {PartLimit.TotalMinutes:0} min";
            _findings.Problems.Add($"{name}: {why}");
            _findings.Say($"{name}: {why}");
            await CloseAsync();
        }
    }

    private async Task CloseAsync()
    {
        var world = _world;
        _world = null;
        if (world is not null) await world.DisposeAsync();
    }

    /// <summary>A guest and its copy, or all of a host's guests and one copy, and what everything else needs.</summary>
    private void RequireMemory()
    {
        const int Others = 3072;
        var alone = options.Wants(1) || options.Wants(2) ? 2 * Scale.SizesMiB.Max() : 0;
        var host = options.Wants(3) || options.Wants(4) ? (Scale.HostVms + VirshStyle.Width) * (Scale.HostVmMiB + 96) : 0;
        var needed = Math.Max(alone, host) + Others;
        if (MemoryWatch.Total() >> 20 < needed)
            throw new LabException($"this needs {needed} MiB of memory; BENCH=quick and --sizes measure less");
    }

    private BenchReport Report(string accelerator) => new()
    {
        Scale = Scale.Name,
        Pair = $"{BenchWorld.Image} → {BenchWorld.Image}",
        Accelerator = accelerator,
        Processors = Environment.ProcessorCount,
        MemoryBytes = MemoryWatch.Total(),
        ReferenceMiB = Scale.ReferenceMiB,
        Seconds = Math.Round(_findings.Elapsed.TotalSeconds, 1),
        Ratios = BenchRatios.Of(Scale.ReferenceMiB, _findings.Idle, _findings.Dirtying, _findings.Hosts, _findings.Costs),
        Idle = _findings.Idle,
        Dirtying = _findings.Dirtying,
        Hosts = _findings.Hosts,
        Costs = _findings.Costs,
        StartUp = _findings.StartUp,
        Lifecycle = _findings.Lifecycle,
        Remarks = BenchRemarks.All(Scale),
        Problems = _findings.Problems,
    };
}
