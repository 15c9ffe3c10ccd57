using System.Diagnostics;
using System.Globalization;
using HostSwap.Bench.Reporting;

namespace HostSwap.Bench;

/// <summary>What has been measured so far.</summary>
internal sealed class BenchFindings
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    /// <summary>Idle guests, alone.</summary>
    public List<MoveRow> Idle { get; } = [];

    /// <summary>Guests that dirty their memory, alone.</summary>
    public List<MoveRow> Dirtying { get; } = [];

    /// <summary>Whole hosts.</summary>
    public List<HostRow> Hosts { get; } = [];

    /// <summary>hostctl's own cost.</summary>
    public List<CostRow> Costs { get; } = [];

    /// <summary>Verbs that move nothing.</summary>
    public List<StartUpRow> StartUp { get; } = [];

    /// <summary>Generations' beginnings and ends.</summary>
    public List<LifecycleRow> Lifecycle { get; } = [];

    /// <summary>What could not be measured, or was wrong afterwards.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>How long it has taken so far.</summary>
    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Tells how far it is; the table alone goes to standard output.</summary>
    public void Say(string text) => Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,7:0.0} s  {text}"));
}
