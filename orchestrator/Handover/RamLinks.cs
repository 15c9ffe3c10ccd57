using System.ComponentModel;
using System.Runtime.InteropServices;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Handover;

/// <summary>Gives RAM files a second name, by which the new QEMU finds them. Symbolic links would not do: libvirt's clean-up follows them.</summary>
internal static partial class RamLinks
{
    private const int Exists = 17;

    /// <summary>Gives a file a second name, and looks whether it has it.</summary>
    /// <returns>Why it has not; null where it has.</returns>
    public static string? TryLink(string from, string to, MappedFile expected)
    {
        if (link(from, to) != 0 && Marshal.GetLastPInvokeError() is var error and not Exists)
            return $"{to} cannot be linked to {from}: {new Win32Exception(error).Message}";
        // Also where it was there: an earlier try may have made it, or somebody another file. A symbolic link leads to the
        // right one, and has libvirt's clean-up destroy it.
        return new FileInfo(to).LinkTarget is null && ContainerFiles.LookOutside(to) is { } seen && seen.Device == expected.Device && seen.Inode == expected.Inode
            ? null
            : $"{to} is not the file that the VM has as RAM";
    }

    [LibraryImport("libc", EntryPoint = "link", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int link(string from, string to);
}
