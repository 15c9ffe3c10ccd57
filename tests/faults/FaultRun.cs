using System.Diagnostics;
using System.Globalization;
using System.Text;
using HostSwap.Faults.Worlds;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Faults;

/// <summary>One run: the programs that it starts, what must be true afterwards, and what is not.</summary>
internal sealed class FaultRun(FaultWorld world, CancellationToken token) : IAsyncDisposable
{
    private readonly List<RunningProcess> _running = [];
    private readonly List<string> _transcript = [];
    private readonly List<string> _problems = [];
    private readonly HashSet<Guest> _lost = [];
    private long? _faultAt;
    private string? _killPoint;
    private int _doubleRuns;
    private bool _unresolved;

    /// <summary>The outer host.</summary>
    public FaultWorld World => world;

    /// <summary>The outer host's lab.</summary>
    public OuterHostLab Lab => world.Lab;

    /// <summary>Ends the run.</summary>
    public CancellationToken Token => token;

    /// <summary>What each guest must be at the end; whoever makes a fault that changes it says so here.</summary>
    public Dictionary<Guest, Expectation> Expected { get; } =
        world.Lab.Guests.ToDictionary(static guest => guest, static guest => new Expectation(guest.Spec.State));

    /// <summary>The image that must be active at the end; null where both are right.</summary>
    public string? ExpectedImage { get; set; }

    /// <summary>From the fault until everything was settled; null as long as it is not, or nothing had to recover.</summary>
    public TimeSpan? Recovery { get; private set; }

    /// <summary>Runs hostctl to its end.</summary>
    public async Task<CommandResult> HostctlAsync(IReadOnlyList<string> arguments, string? fault = null, string? faultLog = null)
    {
        var hostctl = Lab.Hostctl;
        if (fault is not null) hostctl = hostctl.With("HOSTSWAP_FAULT", fault);
        if (faultLog is not null) hostctl = hostctl.With("HOSTSWAP_FAULT_LOG", faultLog);
        var result = await hostctl.RunAsync(arguments, Token);
        Note(fault is null ? result.Describe() : $"HOSTSWAP_FAULT={fault} {result.Describe()}");
        return result;
    }

    /// <summary>Swaps to the other image, to the end.</summary>
    public Task<CommandResult> SwapAsync(string? fault = null, string? faultLog = null) =>
        HostctlAsync(["swap", "--yes", "--format", "json", "--image", world.OtherImage], fault, faultLog);

    /// <summary>Starts hostctl and leaves it running; it is killed at the end of the run.</summary>
    public RunningProcess Start(IReadOnlyList<string> arguments, string? fault = null)
    {
        var hostctl = fault is null ? Lab.Hostctl : Lab.Hostctl.With("HOSTSWAP_FAULT", fault);
        var process = hostctl.Start(arguments);
        _running.Add(process);
        return process;
    }

    /// <summary>Starts a swap to the other image.</summary>
    public RunningProcess StartSwap(string? fault = null, params IReadOnlyList<string> more) =>
        Start(["swap", "--yes", "--format", "json", "--image", world.OtherImage, .. more], fault);

    /// <summary>Waits for the end of a started hostctl.</summary>
    public async Task<CommandResult> WaitAsync(RunningProcess process)
    {
        var result = await process.WaitAsync(HostctlRunner.DefaultLimit, Token);
        Note(result.Describe());
        return result;
    }

    /// <summary>From here on time counts as recovery.</summary>
    /// <param name="killPoint">The journal write at which hostctl was killed.</param>
    public void FaultHappened(string? killPoint = null)
    {
        _faultAt ??= Stopwatch.GetTimestamp();
        _killPoint ??= killPoint;
    }

    /// <summary>The recovery is over.</summary>
    public void Recovered() => Recovery = _faultAt is { } at ? Stopwatch.GetElapsedTime(at) : null;

    /// <summary>
    /// Resumes, which must come to an end: done, or nothing to do where the interrupted operation had either not begun
    /// or come through.
    /// </summary>
    public async Task ResumeAsync(bool back, params IReadOnlyList<string> more)
    {
        var result = await HostctlAsync(["resume", "--yes", .. back ? ["--rollback"] : Array.Empty<string>(), .. more]);
        Recovered();
        if (result.ExitCode == ExitCodes.Done) ExpectedImage = back ? world.Image : world.OtherImage;
        else if (result.ExitCode != ExitCodes.NothingToDo) Unresolved($"resume ended with exit code {result.ExitCode}: {LastLine(result)}");
    }

    /// <summary>Something that must hold.</summary>
    public void Require(bool holds, string otherwise)
    {
        if (!holds) _problems.Add(otherwise);
    }

    /// <summary>How a command must have ended.</summary>
    public void RequireExit(CommandResult result, params IReadOnlyList<int> allowed) => Require(
        allowed.Contains(result.ExitCode),
        $"exit code {result.ExitCode} instead of {string.Join(" or ", allowed)}: {LastLine(result)}");

    /// <summary>A VM that had to run on does not.</summary>
    public void Lost(Guest guest, string how)
    {
        _lost.Add(guest);
        _problems.Add($"{guest.Name} is lost: {how}");
    }

    /// <summary>Something is left unfinished.</summary>
    public void Unresolved(string what)
    {
        _unresolved = true;
        _problems.Add(what);
    }

    /// <summary>The witness saw a VM run twice.</summary>
    public void RanTwice(DoubleRun run)
    {
        _doubleRuns++;
        _problems.Add($"QEMU processes {run.First} and {run.Second} both ran VM {run.Uuid}");
        Note(run.History);
    }

    /// <summary>Keeps text as evidence for the case that the run fails.</summary>
    public void Note(string text) => _transcript.Add(text);

    /// <summary>What came of it.</summary>
    public RunRecord Record(FaultCase faultCase, string label) => new(
        faultCase.Number, faultCase.Name, label, _killPoint, _lost.Count, _doubleRuns, _unresolved, Recovery, [.. _problems]);

    /// <summary>Writes down what a person needs to understand a failure.</summary>
    public async Task SaveEvidenceAsync(string directory, int number, string label)
    {
        Directory.CreateDirectory(directory);
        var name = string.Concat(label.Select(static letter => char.IsAsciiLetterOrDigit(letter) ? letter : '-'));
        var text = new StringBuilder().AppendJoin('\n', _problems).AppendLine().AppendLine();
        text.AppendJoin("\n\n", _transcript).AppendLine().AppendLine();
        foreach (var guest in Lab.Guests) text.AppendLine(CultureInfo.InvariantCulture, $"console of {guest.Name}:\n{guest.ReadLog().Tail(40)}\n");
        foreach (var arguments in new string[][] { ["status"], ["history"] })
            text.AppendLine((await Lab.Hostctl.RunAsync(arguments, CancellationToken.None)).Describe()).AppendLine();
        foreach (var operation in (await Lab.Hostctl.ReadAsync<HistoryView>(["history"], CancellationToken.None)).Operations.Take(4))
            text.AppendLine((await Lab.Hostctl.RunAsync(["show", operation.Id.ToString(CultureInfo.InvariantCulture)], CancellationToken.None)).Describe()).AppendLine();
        await File.WriteAllTextAsync(Path.Join(directory, string.Create(CultureInfo.InvariantCulture, $"case-{number}-{name}.txt")), text.ToString(), CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _running) await process.DisposeAsync();
    }

    private static string LastLine(CommandResult result) =>
        DockerCli.Lines(result.Error).LastOrDefault() ?? DockerCli.Lines(result.Output).LastOrDefault() ?? "it said nothing";
}
