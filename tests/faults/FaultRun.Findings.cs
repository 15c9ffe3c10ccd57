using System.Globalization;
using System.Text;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Faults;

/// <content>What is not as it must be, and the evidence.</content>
internal sealed partial class FaultRun
{
    private readonly List<string> _transcript = [];
    private readonly List<string> _problems = [];
    private readonly HashSet<Guest> _lost = [];
    private int _doubleRuns;
    private bool _unresolved;

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

    private static string LastLine(CommandResult result) =>
        DockerCli.Lines(result.Error) is [.., var error] ? error : DockerCli.Lines(result.Output) is [.., var output] ? output : "it said nothing";
}
