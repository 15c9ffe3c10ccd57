using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Locking;

/// <summary>
/// At most one hostctl changes an outer host at a time. The kernel keeps the lock (<c>flock</c>), and drops it when its
/// holder dies however it dies, so a stale lock cannot exist; a file beside it only tells people who holds it.
/// </summary>
public sealed class OuterHostLock : IDisposable
{
    private readonly FileStream _file;

    private OuterHostLock(FileStream file) => _file = file;

    /// <summary>Takes the lock.</summary>
    /// <param name="path">The lock file; its directory must exist.</param>
    /// <param name="purpose">What it is taken for, as in <c>swap</c>.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="LockedException">A living hostctl holds it.</exception>
    public static OuterHostLock Acquire(string path, string purpose, TimeProvider time)
    {
        FileStream file;
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) in .NET on Linux.
            file = new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException) when (File.Exists(path))
        {
            throw new LockedException(
                $"another hostctl is at work here: {Holder(path) ?? "it has not yet said who it is"}",
                "Wait for it to end; 'hostctl status' shows what it does.");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"the lock {path} cannot be taken: {exception.Message}", "Run hostctl as root, after 'hostctl init'.", exception);
        }

        var holder = new LockHolder(Environment.ProcessId, purpose, time.GetUtcNow());
        File.WriteAllText(HolderFile(path), JsonSerializer.Serialize(holder, LockJson.Default.LockHolder));
        return new OuterHostLock(file);
    }

    /// <summary>Who holds the lock now, in words; null where nobody does.</summary>
    public static string? FindHolder(string path)
    {
        if (!File.Exists(path))
            return null;

        try
        {
            // FileShare.Read is flock(LOCK_SH | LOCK_NB): it fails exactly while somebody holds the lock.
            using var probe = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return null;
        }
        catch (IOException)
        {
            return Holder(path) ?? "another hostctl";
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    /// <summary>Beside the lock, since .NET takes a shared lock on every file that it opens for reading.</summary>
    private static string HolderFile(string path) => path + ".holder";

    private static string? Holder(string path)
    {
        try
        {
            var holder = JsonSerializer.Deserialize(File.ReadAllText(HolderFile(path)), LockJson.Default.LockHolder);
            return holder is null
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"'hostctl {holder.Purpose}', process {holder.Pid}, since {holder.Since:yyyy-MM-dd HH:mm:ss} UTC");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return null; // Its holder has the lock already and is about to write who it is; or another root user tidied up.
        }
    }
}

/// <summary>Who holds a lock, as its file tells.</summary>
internal sealed record LockHolder(int Pid, string Purpose, DateTimeOffset Since);

/// <summary>JSON of the lock file.</summary>
[JsonSerializable(typeof(LockHolder))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class LockJson : JsonSerializerContext;
