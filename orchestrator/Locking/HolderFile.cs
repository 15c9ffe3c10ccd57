using System.Text.Json;

namespace HostSwap.Orchestrator.Locking;

/// <summary>
/// The file beside a lock that tells who holds it; beside it, since .NET takes a lock on every file that it opens. It
/// only tells: who really holds the lock is known by the kernel alone.
/// </summary>
internal static class HolderFile
{
    /// <summary>Who is written there; null where nobody is, or what is there cannot be understood.</summary>
    public static LockHolder? Read(string lockPath)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(PathOf(lockPath)), LockJson.Default.LockHolder);
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return null; // An older hostctl wrote it, or another root user tidied up: who holds the lock is unknown then.
        }
    }

    /// <summary>Writes it, readable by its owner alone and whole at any moment.</summary>
    public static void Write(string lockPath, LockHolder holder)
    {
        var fresh = $"{PathOf(lockPath)}.{Environment.ProcessId}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.Create,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        };
        using (var file = new StreamWriter(fresh, options))
            file.Write(JsonSerializer.Serialize(holder, LockJson.Default.LockHolder));
        File.Move(fresh, PathOf(lockPath), overwrite: true);
    }

    /// <summary>Removes it where it still names this holder.</summary>
    public static void Remove(string lockPath, LockHolder holder)
    {
        try
        {
            if (holder.Equals(Read(lockPath)))
                File.Delete(PathOf(lockPath));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Nothing rests on it: the next holder is told that this one ended without saying so.
        }
    }

    private static string PathOf(string lockPath) => lockPath + ".holder";
}
