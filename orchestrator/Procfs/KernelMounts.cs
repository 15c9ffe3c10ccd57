using System.ComponentModel;
using System.Runtime.InteropServices;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>Mounts by mount(2) and umount2(2); no program is started and no text passes through a shell.</summary>
public sealed partial class KernelMounts : IMounts
{
    private const nuint NoSetUserId = 2; // MS_NOSUID
    private const nuint NoDevices = 4; // MS_NODEV
    private const nuint NoPrograms = 8; // MS_NOEXEC
    private const nuint Again = 32; // MS_REMOUNT

    // A remount that leaves one of them out would clear it.
    private const nuint Flags = NoSetUserId | NoDevices | NoPrograms;

    /// <summary>What is mounted, for people who look at the list of mounts.</summary>
    private const string Source = "hostswap";

    /// <inheritdoc/>
    public IReadOnlyList<MountEntry> List() => MountEntry.Parse(File.ReadAllText("/proc/self/mountinfo"));

    /// <inheritdoc/>
    public void Mount(string fileSystem, string target, string options)
    {
        if (Mount(Source, target, fileSystem, Flags, options) != 0)
            throw Failed($"mount {fileSystem} ({options}) on {target}");
    }

    /// <inheritdoc/>
    public void Remount(string target, string options)
    {
        if (Mount(null, target, null, Flags | Again, options) != 0)
            throw Failed($"remount {target} ({options})");
    }

    /// <inheritdoc/>
    public void Unmount(string target)
    {
        if (Unmount(target, 0) != 0)
            throw Failed($"unmount {target}");
    }

    /// <inheritdoc/>
    public MountUse Use(string target)
    {
        var drive = new DriveInfo(target);
        return new MountUse(drive.TotalSize, drive.TotalSize - drive.TotalFreeSpace);
    }

    private static IOException Failed(string call) =>
        new($"{call}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");

    [LibraryImport("libc", EntryPoint = "mount", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Mount(string? source, string target, string? fileSystem, nuint flags, string options);

    [LibraryImport("libc", EntryPoint = "umount2", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Unmount(string target, int flags);
}
