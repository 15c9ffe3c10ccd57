using System.ComponentModel;
using System.Runtime.InteropServices;
using HostSwap.Lab.Processes;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Lab.Witnessing;

/// <summary>A time in which nobody kept others from writing to an image.</summary>
/// <param name="Image">The image.</param>
/// <param name="Length">How long it was, up to the interval of the looks.</param>
public sealed record UnguardedTime(string Image, TimeSpan Length);

/// <summary>
/// Watches throughout that somebody keeps everybody else from opening images to write: by the very question that QEMU asks
/// the kernel before it does so (block/file-posix.c: is byte 201 of the image locked by another?), once a millisecond and
/// without an effect of its own.
/// </summary>
public sealed partial class LockWatch : IAsyncDisposable
{
    private const long Interval = 1_000_000; // nanoseconds
    private const int Ask = 36; // F_OFD_GETLK, fcntl(2)
    private const short WriteLock = 1; // F_WRLCK
    private const short Unlocked = 2; // F_UNLCK
    private const long LetsNobodyWrite = 201;

    private readonly IReadOnlyList<(string Path, SafeFileHandle File)> _images;
    private readonly List<UnguardedTime> _unguarded = [];
    private readonly Thread _thread;
    private volatile bool _watching = true;
    private volatile Exception? _failure;

    private LockWatch(IReadOnlyList<string> images)
    {
        _images = [.. images.Select(static path => (path, File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete)))];
        _thread = new Thread(Watch) { IsBackground = true, Name = "locks" };
    }

    /// <summary>How many looks there were.</summary>
    public long Looks { get; private set; }

    /// <summary>Begins to watch images that are guarded.</summary>
    public static LockWatch Start(IReadOnlyList<string> images)
    {
        var watch = new LockWatch(images);
        watch.RequireGuarded("before anything has happened");
        watch._thread.Start();
        return watch;
    }

    /// <summary>Stops, and says when an image was open to others; fails where one still is.</summary>
    public async Task<IReadOnlyList<UnguardedTime>> StopAsync()
    {
        _watching = false;
        await Task.Run(_thread.Join);
        if (_failure is { } failure) throw new LabException($"the watch of locks failed: {failure.Message}", failure);
        RequireGuarded("after all");
        return _unguarded;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _watching = false;
        await Task.Run(_thread.Join);
        foreach (var (_, file) in _images) file.Dispose();
    }

    private void RequireGuarded(string when)
    {
        foreach (var (path, file) in _images)
            if (!IsGuarded(file)) throw new LabException($"{path} is open to others {when}");
    }

    private void Watch()
    {
        try
        {
            Native.PreferThisThread();
            var since = new long?[_images.Count];
            for (var due = Native.MonotonicNanoseconds(); _watching; due = Math.Max(due + Interval, Native.MonotonicNanoseconds()))
            {
                Native.SleepUntil(due);
                for (var i = 0; i < _images.Count; i++)
                {
                    var now = Native.MonotonicNanoseconds();
                    if (!IsGuarded(_images[i].File)) since[i] ??= now;
                    else if (since[i] is { } began)
                    {
                        _unguarded.Add(new UnguardedTime(_images[i].Path, TimeSpan.FromTicks((now - began) / 100)));
                        since[i] = null;
                    }
                }

                Looks++;
            }
        }
        catch (Exception exception)
        {
            // Rethrown to whoever stops it.
            _failure = exception;
        }
    }

    private static bool IsGuarded(SafeFileHandle image)
    {
        var request = new LockRequest { Type = WriteLock, Start = LetsNobodyWrite, Length = 1 };
        return fcntl(image, Ask, ref request) == 0 ? request.Type != Unlocked : throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    /// <summary>The kernel's <c>struct flock</c> on machines with 64 bits.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 32)]
    private struct LockRequest
    {
        [FieldOffset(0)]
        public short Type;

        [FieldOffset(8)]
        public long Start;

        [FieldOffset(16)]
        public long Length;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fcntl(SafeFileHandle file, int command, ref LockRequest request);
}
