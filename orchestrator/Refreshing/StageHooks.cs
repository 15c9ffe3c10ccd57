using System.Globalization;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Processes;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>Runs the operator's programs before and after stages. Each learns by its environment what it is run for.</summary>
internal sealed class StageHooks(HostSwapSettings settings, IProgramRunner programs, RefreshRun run)
{
    /// <summary>Runs those of a moment, in the order of the configuration.</summary>
    /// <param name="moment">Which.</param>
    /// <param name="mayStop">Whether one that fails ends the refresh, where it is configured so: nothing was moved yet.</param>
    /// <param name="result">How the swap ended, in a word; empty before it.</param>
    /// <param name="cancellationToken">Ends the one that runs.</param>
    /// <exception cref="HookException">One has failed that must not.</exception>
    public async Task RunAsync(HookMoment moment, bool mayStop, string result, CancellationToken cancellationToken)
    {
        foreach (var hook in settings.Refresh.Hooks.Where(hook => hook.Moment == moment))
        {
            if (await TryAsync(hook, result, cancellationToken) is not { } why)
                continue;
            if (hook.Required && mayStop)
                throw new HookException(hook.Name, why);
            run.Warn($"hook {hook.Name}: {why}");
        }
    }

    private async Task<string?> TryAsync(StageHook hook, string result, CancellationToken cancellationToken)
    {
        var word = RefreshWords.Moments.First(pair => pair.Value == hook.Moment).Key;
        try
        {
            TrustedFiles.Require(hook.Command[0]);
            var outcome = await programs.RunAsync(
                new ProgramCall(hook.Command, hook.Deadline)
                {
                    Environment = new Dictionary<string, string>(StringComparer.Ordinal)
                    {
                        ["HOSTSWAP_STAGE"] = word,
                        ["HOSTSWAP_REFRESH"] = run.Record.Id.ToString(CultureInfo.InvariantCulture),
                        ["HOSTSWAP_IMAGE"] = settings.Image,
                        ["HOSTSWAP_RESULT"] = result,
                        ["HOSTSWAP_OPERATION"] = run.Record.Operation?.ToString(CultureInfo.InvariantCulture) ?? "",
                    },
                },
                cancellationToken);
            return outcome.ExitCode == 0 ? null : string.Create(CultureInfo.InvariantCulture, $"it ended with {outcome.ExitCode}{(outcome.LastLine.Length > 0 ? $": {outcome.LastLine}" : "")}");
        }
        catch (HostSwapException exception)
        {
            return exception.Message;
        }
    }
}

/// <summary>A hook has failed that must not; nothing was moved.</summary>
/// <param name="name">The hook.</param>
/// <param name="why">What came of it.</param>
public sealed class HookException(string name, string why) : HostSwapException(
    $"hook {name}: {why}", $"Mend it, or set on_failure = \"warn\" in [hook.\"{name}\"]; then refresh again.");
