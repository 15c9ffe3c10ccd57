using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Locking;

/// <summary>
/// At most one hostctl changes an outer host at a time. The kernel keeps the lock (<c>flock</c>), and drops it when its
/// holder dies however it dies, so a stale lock cannot exist. A holder that lives but does nothing, stopped by a signal
/// say, can be replaced: the lock file gives way to a new one. The journal keeps the old holder from going on when it
/// wakes up.
/// </summary>
public sealed class OuterHostLock : IDisposable
{
    /// <summary>
    /// How often a lock is tried that is held by nobody who says who it is: a reader looks at it, or its holder has just
    /// come or gone. With <see cref="Pause"/> that makes one second.
    /// </summary>
    private const int Attempts = 50;

    /// <summary>EWOULDBLOCK of flock(2), which .NET hands on.</summary>
    private const int WouldBlock = 11;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly FileStream _file;

    private OuterHostLock(FileStream file, string path, LockHolder holder, string? predecessor)
    {
        _file = file;
        Path = path;
        Holder = holder;
        Predecessor = predecessor;
    }

    /// <summary>The lock file.</summary>
    public string Path { get; }

    /// <summary>Whether nobody has taken it over.</summary>
    public bool IsHeld => !_file.SafeFileHandle.IsClosed && IsAt(Path, _file);

    /// <summary>This process, as others are told of it.</summary>
    public LockHolder Holder { get; }

    /// <summary>
    /// The holder before this one, in words, where it ended without giving the lock back or was replaced; else null. What
    /// it was at is in the journal.
    /// </summary>
    public string? Predecessor { get; }

    /// <summary>Takes the lock.</summary>
    /// <param name="path">The lock file; its directory must exist.</param>
    /// <param name="purpose">What it is taken for, as in <c>swap</c>.</param>
    /// <param name="time">The clock.</param>
    /// <param name="takeOver">
    /// Whether to take it even from a living holder. The caller then opens the journal for writing before anything else:
    /// from that moment the old holder can record nothing, and so do nothing.
    /// </param>
    /// <exception cref="LockedException">A living hostctl holds it.</exception>
    /// <exception cref="EnvironmentException">The lock file cannot be written.</exception>
    public static OuterHostLock Acquire(string path, string purpose, TimeProvider time, bool takeOver = false)
    {
        try
        {
            for (var attempt = 1; ; attempt++)
            {
                if (TryLock(path) is { } file)
                {
                    if (IsAt(path, file))
                        return Hold(file, path, purpose, time, HolderFile.Read(path) is { IsAlive: false } dead ? Obituary(dead) : null);
                    file.Dispose(); // Another one has replaced it between our open and our flock.
                }
                else if (HolderFile.Read(path) is { IsAlive: true } holder)
                {
                    return takeOver ? Replace(path, purpose, time, holder) : throw Refusal(holder);
                }
                else if (attempt >= Attempts)
                {
                    return takeOver ? Replace(path, purpose, time, null) : throw Refusal(null);
                }

                Thread.Sleep(Pause);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"the lock {path} cannot be taken: {exception.Message}", "Run hostctl as root, after 'hostctl init'.", exception);
        }
    }

    /// <summary>Who holds the lock now; null where nobody does.</summary>
    public static HeldBy? FindHolder(string path)
    {
        if (!File.Exists(path))
            return null;

        try
        {
            // FileShare.Read is flock(LOCK_SH | LOCK_NB): it fails exactly while somebody holds the lock.
            using var probe = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return null;
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            var holder = HolderFile.Read(path) is { IsAlive: true } living ? living : null;
            return new HeldBy(holder, holder?.Describe() ?? "another hostctl, which has not yet said who it is");
        }
    }

    /// <summary>Gives the lock back.</summary>
    public void Dispose()
    {
        if (_file.SafeFileHandle.IsClosed)
            return;
        // Before the lock is free: afterwards the file may be the next holder's.
        if (IsHeld)
            HolderFile.Remove(Path, Holder);
        _file.Dispose();
    }

    /// <summary>Locks the file without waiting, making it where there is none; null where another one holds it.</summary>
    private static FileStream? TryLock(string path)
    {
        try
        {
            // FileShare.None is flock(LOCK_EX | LOCK_NB) in .NET on Linux.
            return new FileStream(path, new FileStreamOptions
            {
                Mode = FileMode.OpenOrCreate,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            });
        }
        catch (IOException exception) when (exception.HResult == WouldBlock)
        {
            return null;
        }
    }

    private static bool IsAt(string path, FileStream file) =>
        ContainerFiles.Look(Environment.ProcessId, path) is { } there && there.IsSameFileAs(ContainerFiles.Look(file.SafeFileHandle, path));

    /// <summary>Puts a new lock file, locked already, in the place of one that another process holds.</summary>
    private static OuterHostLock Replace(string path, string purpose, TimeProvider time, LockHolder? from)
    {
        var fresh = $"{path}.{Environment.ProcessId}";
        var file = TryLock(fresh) ?? throw new IOException($"{fresh} is locked by another process");
        try
        {
            File.Move(fresh, path, overwrite: true);
            var predecessor = from is null ? "an earlier hostctl that did not say who it was" : $"an earlier {from.Describe()}";
            return Hold(file, path, purpose, time, $"{predecessor}, has been replaced");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static OuterHostLock Hold(FileStream file, string path, string purpose, TimeProvider time, string? predecessor)
    {
        var holder = LockHolder.Of(Environment.ProcessId, purpose, time.GetUtcNow());
        HolderFile.Write(path, holder);
        return new OuterHostLock(file, path, holder, predecessor);
    }

    private static string Obituary(LockHolder dead) => dead.RanInThisBoot
        ? $"an earlier {dead.Name}, ended without saying so"
        : $"an earlier {dead.Name}, did not come to its end: the machine was rebooted since";

    private static LockedException Refusal(LockHolder? holder) => new(
        $"another hostctl is at work here: {holder?.Describe() ?? "it has not yet said who it is"}",
        holder?.Process is { IsStopped: true }
            ? $"'kill -CONT {holder.Pid}' lets it go on, 'hostctl resume --take-over' takes its place."
            : "Wait for it to end; 'hostctl status' shows what it does.");
}
