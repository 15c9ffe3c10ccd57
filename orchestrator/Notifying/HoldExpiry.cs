using System.Globalization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>
/// Has it told, once for each, that a hold ends soon: from then on swaps begin again, which whoever placed it may have
/// forgotten. What has been told is kept in a file for each hold, which goes with the hold.
/// </summary>
/// <param name="holds">The holds.</param>
/// <param name="notifier">Tells.</param>
/// <param name="directory">Where what has been told is kept.</param>
/// <param name="time">The clock.</param>
public sealed class HoldExpiry(HoldFiles holds, Notifier notifier, string directory, TimeProvider time)
{
    /// <summary>How long before its end it is told.</summary>
    public static readonly TimeSpan Before = TimeSpan.FromDays(1);

    /// <summary>Has everything wait that is to be told now.</summary>
    /// <exception cref="EnvironmentException">Holds cannot be read, or what is told cannot be written.</exception>
    public void Run()
    {
        var now = time.GetUtcNow();
        var all = holds.All();
        Forget(all);
        foreach (var hold in all)
        {
            if (hold.Until is not { } until || until - now > Before || File.Exists(MarkOf(hold.Id)))
                continue;
            // In this order: a death in between has it told again under the same name, never not at all.
            notifier.Enqueue(Describe(hold, until, now));
            DurableFile.Replace(MarkOf(hold.Id), static _ => { });
        }
    }

    private static Notice Describe(Hold hold, DateTimeOffset until, DateTimeOffset now)
    {
        var end = string.Create(CultureInfo.InvariantCulture, $"{until:yyyy-MM-dd HH:mm} UTC");
        return Notice.Named(
            $"hold-{hold.Id}",
            NoticeKind.HoldExpiring,
            now,
            $"the hold \"{hold.Reason}\" ends at {end}",
            [
                $"{hold.By} has asked on {hold.PlacedAt.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)} that no swap begins before {end}: {hold.Reason}",
                "After that swaps begin again. 'hostctl hold' places another hold.",
            ],
            operation: null,
            reportFile: null);
    }

    private void Forget(IReadOnlyList<Hold> all)
    {
        try
        {
            foreach (var mark in Directory.Exists(directory) ? Directory.GetFiles(directory) : [])
            {
                if (!all.Any(hold => string.Equals(hold.Id, Path.GetFileName(mark), StringComparison.Ordinal)))
                    File.Delete(mark);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"which holds have been told of cannot be kept: {exception.Message}", $"See that root can write to {directory}.", exception);
        }
    }

    private string MarkOf(string id) => Path.Join(directory, id);
}
