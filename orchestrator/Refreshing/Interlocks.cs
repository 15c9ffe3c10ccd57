using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Processes;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>Asks all who may speak against a refresh: holds, the load, and what is configured. Whoever cannot answer speaks against it.</summary>
public sealed class Interlocks(RefreshSettings settings, IProgramRunner programs)
{
    private const string Systemctl = "systemctl";

    /// <summary>Where the kernel tells the load averages (proc(5)).</summary>
    internal string LoadFile { get; init; } = "/proc/loadavg";

    /// <summary>Asks.</summary>
    /// <param name="holds">Who holds swaps now.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>What speaks against it, a sentence each; empty where nothing does.</returns>
    public async Task<IReadOnlyList<string>> AskAsync(IReadOnlyList<Hold> holds, CancellationToken cancellationToken)
    {
        List<string> against = [.. holds.Select(static hold => $"{hold.By} holds swaps: {hold.Reason}")];
        if (settings.MaximumLoad is { } most && LoadAbove(most) is { } load)
            against.Add(load);
        foreach (var veto in settings.Vetoes)
        {
            if (await AskAsync(veto, cancellationToken) is { } why)
                against.Add($"{veto.Name}: {why}");
        }

        return against;
    }

    private string? LoadAbove(int most)
    {
        var text = File.ReadAllText(LoadFile).Split(' ')[0];
        var load = double.Parse(text, CultureInfo.InvariantCulture);
        return load > most ? string.Create(CultureInfo.InvariantCulture, $"the load is {load:0.0}, more than {most}") : null;
    }

    private async Task<string?> AskAsync(VetoSource veto, CancellationToken cancellationToken)
    {
        try
        {
            if (veto.File is { } file)
                return Path.Exists(file) ? $"{file} is there" : null;
            return veto.Unit is { } unit
                ? await AskUnitAsync(unit, veto.Deadline, cancellationToken)
                : await AskCommandAsync(veto, cancellationToken);
        }
        catch (HostSwapException exception)
        {
            return exception.Message;
        }
    }

    private async Task<string?> AskCommandAsync(VetoSource veto, CancellationToken cancellationToken)
    {
        TrustedFiles.Require(veto.Command[0]);
        var outcome = await programs.RunAsync(new ProgramCall(veto.Command, veto.Deadline), cancellationToken);
        if (outcome.ExitCode == 0)
            return null;
        return outcome.LastLine is { Length: > 0 } why ? why : string.Create(CultureInfo.InvariantCulture, $"{veto.Command[0]} ended with {outcome.ExitCode}");
    }

    /// <summary>A service of type oneshot, as backups often are, is <c>activating</c> all the while that it runs (systemd.service(5)).</summary>
    private async Task<string?> AskUnitAsync(string unit, TimeSpan limit, CancellationToken cancellationToken)
    {
        var outcome = await programs.RunAsync(
            new ProgramCall([Systemctl, "show", "--property=LoadState", "--property=ActiveState", "--", unit], limit), cancellationToken);
        var properties = outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => line.Split('=', 2))
            .Where(static pair => pair.Length == 2).ToDictionary(static pair => pair[0], static pair => pair[1].Trim(), StringComparer.Ordinal);
        return (properties.GetValueOrDefault("LoadState"), properties.GetValueOrDefault("ActiveState")) switch
        {
            (null, _) or (_, null) => $"what {unit} does cannot be told: {outcome.LastLine}",
            ("not-found", _) => $"there is no unit {unit}",
            (_, "inactive" or "failed") => null,
            (_, var state) => $"{unit} is {state}",
        };
    }
}
