using System.Runtime.InteropServices;
using System.Text;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>Reads the configuration's text, and refuses a file that others than root could have written.</summary>
internal static partial class ConfigurationFile
{
    private const int MaximumBytes = 1 << 20;

    /// <summary>The file's text; null where a problem was found.</summary>
    public static string? Read(string path, ConfigurationProblems problems)
    {
        try
        {
            if (!IsTrusted(path, problems))
                return null;
            var bytes = File.ReadAllBytes(path);
            if (bytes.Length > MaximumBytes)
            {
                problems.Add(path, $"is {bytes.Length} bytes long; at most {MaximumBytes} are allowed");
                return null;
            }

            return Decode(path, bytes, problems);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            problems.Add(path, $"cannot be read: {exception.Message}");
            return null;
        }
    }

    private static bool IsTrusted(string path, ConfigurationProblems problems)
    {
        if (Statx(AtFdCwd, path, 0, StatxBasicStats, out var status) != 0)
        {
            problems.Add(path, $"cannot be read: {Marshal.GetLastPInvokeErrorMessage()}");
            return false;
        }

        // A FIFO would block the read for ever and a device has no end.
        if ((status.Mode & FileTypeMask) != RegularFile)
        {
            problems.Add(path, "is not a regular file; the configuration must be one");
            return false;
        }

        var mode = (UnixFileMode)(status.Mode & PermissionMask);
        if ((mode & (UnixFileMode.GroupWrite | UnixFileMode.OtherWrite)) != UnixFileMode.None)
        {
            problems.Add(path, $"has mode {Convert.ToString((int)mode, 8)} and decides what runs as root; it must be writable by its owner alone (chmod go-w)");
            return false;
        }

        if (status.Uid != 0 && status.Uid != GetEffectiveUserId())
        {
            problems.Add(path, $"belongs to user {status.Uid} and decides what runs as root; it must belong to root (chown root)");
            return false;
        }

        return true;
    }

    private static string? Decode(string path, byte[] bytes, ConfigurationProblems problems)
    {
        var invalid = FirstInvalid(bytes);
        if (invalid < 0)
            return Encoding.UTF8.GetString(bytes).TrimStart('\uFEFF');

        var before = bytes.AsSpan(0, invalid);
        var line = before.Count((byte)'\n') + 1;
        var column = Encoding.UTF8.GetCharCount(before[(before.LastIndexOf((byte)'\n') + 1)..]) + 1;
        problems.Add(path, new SourcePosition(line, column), "", "the byte here is not UTF-8; TOML files are UTF-8");
        return null;
    }

    private static int FirstInvalid(byte[] bytes)
    {
        var offset = 0;
        while (offset < bytes.Length)
        {
            if (Rune.DecodeFromUtf8(bytes.AsSpan(offset), out _, out var consumed) != System.Buffers.OperationStatus.Done)
                return offset;
            offset += consumed;
        }

        return -1;
    }

    private const int AtFdCwd = -100;
    private const uint StatxBasicStats = 0x7ff;
    private const int FileTypeMask = 0xf000;
    private const int RegularFile = 0x8000;
    private const int PermissionMask = 0xfff;

    // statx(2) has one layout on every architecture, which stat(2) has not.
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    private struct FileStatus
    {
        [FieldOffset(20)]
        public uint Uid;

        [FieldOffset(28)]
        public ushort Mode;
    }

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Statx(int directory, string path, int flags, uint mask, out FileStatus status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    internal static partial uint GetEffectiveUserId();
}
