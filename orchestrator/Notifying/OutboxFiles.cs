using System.Text.Json;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Notifying;

/// <summary>
/// The notices that wait, a file for each and each target, so that none is lost with the process or the power. A file goes when
/// its notice is delivered: a death in between has it delivered twice, with the same name.
/// </summary>
/// <param name="directory">Where they are.</param>
internal sealed class OutboxFiles(string directory)
{
    private const string Extension = ".json";

    /// <summary>EWOULDBLOCK of flock(2), which .NET hands on.</summary>
    private const int WouldBlock = 11;

    /// <summary>Has a notice wait for a target, or changes what is recorded of it.</summary>
    /// <exception cref="EnvironmentException">It cannot be written.</exception>
    public void Put(WaitingNotice waiting) => DurableFile.Replace(
        PathOf(waiting), stream => JsonSerializer.Serialize(stream, OutboxDocument.From(waiting), NotifyingJson.Default.OutboxDocument));

    /// <summary>Has it wait no longer.</summary>
    /// <exception cref="EnvironmentException">It cannot be removed.</exception>
    public void Remove(WaitingNotice waiting) => Change($"{PathOf(waiting)} cannot be removed", () => File.Delete(PathOf(waiting)));

    /// <summary>All that wait, the longest first, and the files that cannot be read as one.</summary>
    /// <exception cref="EnvironmentException">The directory cannot be read.</exception>
    public (IReadOnlyList<WaitingNotice> Waiting, IReadOnlyList<string> Damaged) All()
    {
        var waiting = new List<WaitingNotice>();
        var damaged = new List<string>();
        Change($"the notices in {directory} cannot be read", () =>
        {
            foreach (var path in Directory.Exists(directory) ? Directory.GetFiles(directory, $"*{Extension}") : [])
            {
                if (!TryRead(path, out var found))
                    damaged.Add(path);
                else if (found is not null)
                    waiting.Add(found);
            }
        });
        return ([.. waiting.OrderBy(static notice => notice.QueuedAt).ThenBy(static notice => notice.Notice.Id, StringComparer.Ordinal)], damaged);
    }

    /// <summary>Puts a file that cannot be read out of the way, for a person to look at.</summary>
    /// <returns>Its new name.</returns>
    public static string SetAside(string path)
    {
        var aside = $"{path}.damaged";
        Change($"{path} cannot be set aside", () => File.Move(path, aside, overwrite: true));
        return aside;
    }

    /// <summary>The right to deliver, which one process has at a time and loses with its death; null where another one has it.</summary>
    /// <exception cref="EnvironmentException">The lock file cannot be written.</exception>
    public IDisposable? TryLock()
    {
        FileStream? held = null;
        var path = Path.Join(directory, "lock");
        Change($"{path} cannot be locked", () =>
        {
            DurableFile.Ensure(path);
            try
            {
                // FileShare.None is flock(LOCK_EX | LOCK_NB) in .NET on Linux.
                held = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException exception) when (exception.HResult == WouldBlock)
            {
                // Another one has it.
            }
        });
        return held;
    }

    private string PathOf(WaitingNotice waiting) => Path.Join(directory, $"{waiting.Notice.Id}-{waiting.Target}{Extension}");

    /// <returns>False where the file is no notice; with null where it went at that moment.</returns>
    private static bool TryRead(string path, out WaitingNotice? waiting)
    {
        waiting = null;
        try
        {
            using var file = File.OpenRead(path);
            waiting = JsonSerializer.Deserialize(file, NotifyingJson.Default.OutboxDocument)?.ToWaiting();
            return waiting is not null;
        }
        catch (FileNotFoundException)
        {
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static void Change(string wrong, Action action)
    {
        try
        {
            action();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"{wrong}: {exception.Message}", "See that root can read and write there.", exception);
        }
    }
}

/// <summary>The file of a notice that waits.</summary>
internal sealed record OutboxDocument(NoticeDocument Notice, string Target, DateTimeOffset QueuedAt, int Attempts, DateTimeOffset NotBefore, string? LastError)
{
    /// <summary>Maps it.</summary>
    public static OutboxDocument From(WaitingNotice waiting) => new(
        NoticeDocument.From(waiting.Notice), waiting.Target, waiting.QueuedAt, waiting.Attempts, waiting.NotBefore, waiting.LastError);

    /// <summary>What waits; null where the file is none.</summary>
    public WaitingNotice? ToWaiting() => Notice?.ToNotice() is { } notice && Target is not null
        ? new WaitingNotice(notice, Target, QueuedAt, Attempts, NotBefore, LastError)
        : null;
}
