using System.ComponentModel;
using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Generations;

/// <summary>Makes and removes the directories of an outer host and of its generations.</summary>
public static partial class GenerationDirectories
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private const UnixFileMode Traversable = Private
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    private const UnixFileMode Shared = Traversable | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite | UnixFileMode.StickyBit;

    /// <summary>
    /// Makes the outer host's own directories where they are missing; below <c>/run</c> they are after each reboot.
    /// State and runtime directories are root's alone, so what is wider inside them is reachable only from host containers.
    /// </summary>
    /// <returns>The directories that were made.</returns>
    public static IReadOnlyList<string> EnsureHost(HostSwapPaths paths)
    {
        List<string> made = [];
        Ensure(made, paths.State, Private);
        Ensure(made, paths.Runtime, Private | LetThroughOf(paths.Runtime));
        Ensure(made, paths.Logs, Private);
        Ensure(made, paths.GenerationStates, Private);
        Ensure(made, paths.Shared, Private);
        foreach (var (name, _) in HostImageContract.SharedState)
            Ensure(made, Path.Join(paths.Shared, name), Traversable);

        Ensure(made, paths.GenerationRuntimes, Traversable);
        // QEMU runs as an unprivileged user and makes its migration socket here.
        Ensure(made, paths.MigrationSockets, Shared);
        Ensure(made, paths.Memory, Traversable);
        return made;
    }

    /// <summary>
    /// Lets QEMUs of the outer host, which run under a user of their own, through to the migration sockets; as long as VMs go
    /// between it and a generation. Nobody else is in their group.
    /// </summary>
    public static string LetQemuThrough(HostSwapPaths paths, IOuterKernel kernel)
    {
        kernel.ChangeOwner(Environment.ProcessId, paths.Runtime, 0, HostImageContract.QemuUser);
        File.SetUnixFileMode(paths.Runtime, Private | UnixFileMode.GroupExecute);
        return $"QEMUs of the outer host may pass through {paths.Runtime}";
    }

    /// <summary>Takes that back; no error where it was not so.</summary>
    public static void Close(HostSwapPaths paths, IOuterKernel kernel)
    {
        File.SetUnixFileMode(paths.Runtime, Private);
        kernel.ChangeOwner(Environment.ProcessId, paths.Runtime, 0, 0);
    }

    /// <summary>What another hostctl has opened, it closes itself.</summary>
    private static UnixFileMode LetThroughOf(string path) =>
        Directory.Exists(path) && File.GetUnixFileMode(path) == (Private | UnixFileMode.GroupExecute) ? UnixFileMode.GroupExecute : UnixFileMode.None;

    /// <summary>
    /// Makes the directories and the machine id of one generation where they are missing. The memory mount must be there, or
    /// its part of it would be hidden by the mount. Whose the QMP directory is must be said besides.
    /// </summary>
    public static void EnsureGeneration(Generation generation)
    {
        var paths = generation.Paths;
        List<string> made = [];
        Ensure(made, paths.State, Traversable);
        Ensure(made, paths.LibvirtConfiguration, Traversable);
        Ensure(made, paths.LibvirtState, Traversable);
        Ensure(made, paths.LibvirtLog, Traversable);
        Ensure(made, paths.Runtime, Traversable);
        Ensure(made, paths.BusDirectory, Traversable);
        Ensure(made, paths.LibvirtDirectory, Traversable);
        Ensure(made, paths.QmpDirectory, Private);
        // libvirt makes its own directories below it, and gives them to QEMU.
        Ensure(made, paths.Memory, Traversable);
        if (!File.Exists(paths.MachineId))
            File.WriteAllText(paths.MachineId, generation.Record.HostUuid.ToString("N") + "\n");
    }

    /// <summary>Makes what HostSwap keeps of the outer host's own libvirt, where it is missing. Nothing that is libvirt's is touched.</summary>
    public static void EnsureOuter(GenerationPaths paths)
    {
        List<string> made = [];
        Ensure(made, paths.State, Traversable);
        Ensure(made, paths.Runtime, Traversable);
        Ensure(made, paths.LibvirtDirectory, Traversable);
    }

    /// <summary>Removes everything of one generation; what all share stays.</summary>
    public static void RemoveGeneration(GenerationPaths paths)
    {
        foreach (var directory in new[] { paths.State, paths.Runtime, paths.Memory })
        {
            if (Directory.Exists(directory))
                Directory.Delete(directory, recursive: true);
        }
    }

    /// <summary>
    /// Frees the RAM of VMs that died with a generation's container: libvirt removes their files when a VM ends, but not what
    /// it did not see end. Only while the container does not run. What another generation has taken over stays, since it has
    /// links of its own.
    /// </summary>
    /// <returns>How many VMs' files were removed.</returns>
    public static int ClearMemory(GenerationPaths paths)
    {
        var directory = new DirectoryInfo(Path.Join(paths.Memory, "libvirt", "qemu"));
        if (!directory.Exists)
            return 0;
        var left = directory.GetDirectories();
        foreach (var machine in left)
            machine.Delete(recursive: true);
        return left.Length;
    }

    /// <summary>Points the <c>active</c> link at a generation's runtime directory, in one step.</summary>
    public static void PointActiveLink(GenerationPaths paths)
    {
        var link = paths.Host.ActiveLink;
        var next = link + ".next";
        File.Delete(next);
        // Relative, so that it also holds where the runtime directory is seen under another path.
        File.CreateSymbolicLink(next, Path.GetRelativePath(paths.Host.Runtime, paths.Runtime));
        // File.Move refuses a link to a directory; rename(2) replaces the old link in one step.
        if (Rename(next, link) != 0)
            throw new IOException($"{link} cannot be replaced: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
    }

    [LibraryImport("libc", EntryPoint = "rename", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Rename(string from, string to);

    private static void Ensure(List<string> made, string path, UnixFileMode mode)
    {
        try
        {
            if (Directory.Exists(path))
            {
                File.SetUnixFileMode(path, mode);
                return;
            }

            Directory.CreateDirectory(path, mode);
            // CreateDirectory honours the umask; the mode above is meant as it stands.
            File.SetUnixFileMode(path, mode);
            made.Add(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException(
                $"the directory {path} cannot be made: {exception.Message}", "Run hostctl as root, on a file system that can be written.", exception);
        }
    }
}
