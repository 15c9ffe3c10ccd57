using System.Globalization;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Holding;

/// <summary>Somebody has asked that no swap begins; nothing was touched.</summary>
/// <param name="holds">Who and why.</param>
public sealed class HeldException(IReadOnlyList<Hold> holds) : HostSwapException(
    $"no swap is to begin: {string.Join("; ", holds.Select(InWords))}",
    $"Wait, or, once nothing speaks against it any more, run 'hostctl release {string.Join(' ', holds.Select(static hold => hold.Id))}'.")
{
    /// <summary>What a plan says, which can be made while a swap must not begin.</summary>
    public static string Warning(Hold hold) => $"no swap is to begin: {InWords(hold)}";

    private static string InWords(Hold hold) => string.Create(
        CultureInfo.InvariantCulture, $"held by {hold.By}{(hold.Until is { } until ? $" until {until:yyyy-MM-dd HH:mm} UTC" : "")}: {hold.Reason}");
}
