using System.Diagnostics;
using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Faults;

/// <summary>
/// Where the runs of all cases happen, one after the other. An outer host is used again as long as all went well in it,
/// swapping to and fro between both releases; after a failure a new one is made, so that each run is judged by itself.
/// </summary>
internal sealed class FaultBench(FaultOptions options, Action<RunRecord> tell) : IAsyncDisposable
{
    /// <summary>Ten swaps in a row take the longest of all.</summary>
    private static readonly TimeSpan RunLimit = TimeSpan.FromMinutes(12);

    /// <summary>virtlogd rotates a console at 2 MiB, with which ticks would go; a guest needs an hour for that.</summary>
    private static readonly TimeSpan WorldAge = TimeSpan.FromMinutes(25);

    private FaultWorld? _world;
    private FaultCase? _case;
    private int _failures;

    /// <summary>Whether only a sample is wanted.</summary>
    public bool Quick => options.Quick;

    /// <summary>At which journal writes hostctl is to be killed; empty for all.</summary>
    public IReadOnlyList<int> KillPoints => options.KillPoints;

    /// <summary>Whether going on would only show the same defect again and again.</summary>
    public bool HasFailedOften => _failures >= 8;

    /// <summary>The runs that follow are of this case.</summary>
    public void Begin(FaultCase faultCase) => (_case, _failures) = (faultCase, 0);

    /// <summary>Runs one variant and asks the oracle; what came of it is told at once.</summary>
    /// <param name="label">Which variant.</param>
    /// <param name="design">The outer host that it needs.</param>
    /// <param name="body">Makes the fault happen, and has it put right.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    public async Task RunAsync(string label, WorldDesign design, Func<FaultRun, Task> body, CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(RunLimit);
        var world = await WorldAsync(design, cancellationToken);
        await using var run = new FaultRun(world, deadline.Token);
        await using var witness = Witness.Start(world.Lab.Guests);
        try
        {
            await body(run);
            await new Oracle(run).AskAsync();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            run.Unresolved($"not finished after {RunLimit.TotalMinutes:0} min");
        }
        catch (LabException exception)
        {
            run.Unresolved(exception.Message);
        }

        foreach (var twice in (await witness.StopAsync()).DoubleRuns) run.RanTwice(twice);
        var record = run.Record(_case!, label);
        tell(record);
        if (record.Good) return;
        _failures++;
        await run.SaveEvidenceAsync(Path.Join(options.Output, "failures"), _case!.Number, label);
        await CloseAsync();
    }

    /// <summary>
    /// Runs at the points right before and right after each of these steps of the journal, going on afterwards, and back. The quick
    /// part goes each way at every other point.
    /// </summary>
    /// <param name="steps">The steps.</param>
    /// <param name="design">The world.</param>
    /// <param name="body">Is given the fault point, as in <c>effect-end:define=kill</c>, and whether it goes back.</param>
    /// <param name="backFirst">Which way the quick part begins with.</param>
    /// <param name="cancellationToken">Ends everything.</param>
    public async Task RunAroundAsync(
        IReadOnlyList<string> steps, WorldDesign design, Func<FaultRun, string, bool, Task> body, bool backFirst, CancellationToken cancellationToken)
    {
        var points = steps.SelectMany(static step => new[] { $"effect-begin:{step}", $"effect-end:{step}" });
        foreach (var (number, point) in points.Index())
        {
            foreach (var back in Quick ? [(number % 2 == 0) == backFirst] : new[] { false, true })
                await RunAsync($"{point}, then {(back ? "back" : "on")}", design, run => body(run, $"{point}=kill", back), cancellationToken);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => new(CloseAsync());

    private async Task<FaultWorld> WorldAsync(WorldDesign design, CancellationToken cancellationToken)
    {
        if (_world is not null && (_world.IsSpoilt || _world.Design != design || Stopwatch.GetElapsedTime(_world.MadeAt) > WorldAge)) await CloseAsync();
        try
        {
            if (_world is not null)
            {
                await _world.ResetAsync(cancellationToken);
                return _world;
            }
        }
        catch (LabException)
        {
            // That the world of good runs cannot be brought back is told by the oracle's words, not by this one.
            await CloseAsync();
        }

        return _world = await FaultWorld.MakeAsync(design, cancellationToken);
    }

    private async Task CloseAsync()
    {
        var world = _world;
        _world = null;
        if (world is not null) await world.DisposeAsync();
    }
}
