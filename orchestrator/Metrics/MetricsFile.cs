using System.Security.Cryptography;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Metrics;

/// <summary>Writes metrics to a file for node-exporter's textfile collector, which is not root and reads it at any moment.</summary>
public static class MetricsFile
{
    private const string Extension = ".prom";

    private const UnixFileMode WorldReadable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Puts a page in the place of the file, whole.</summary>
    /// <exception cref="UsageException">The collector would not read a file of that name.</exception>
    /// <exception cref="EnvironmentException">It cannot be written; an earlier one is as it was.</exception>
    public static void Write(string path, ReadOnlySpan<byte> page)
    {
        if (!path.EndsWith(Extension, StringComparison.Ordinal) || Path.GetFileName(path).Length == Extension.Length)
            throw new UsageException($"{path} is no file of node-exporter's textfile collector", $"Name one that ends with {Extension}; the collector reads no others.");
        // The collector does not read one of this name. It must be new: a link that somebody has put there is not followed.
        var fresh = $"{path}.{RandomNumberGenerator.GetHexString(16, lowercase: true)}";
        try
        {
            using (var file = new FileStream(fresh, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
                file.Write(page);
                // Whatever the umask, which says only what a new file may have.
                File.SetUnixFileMode(file.SafeFileHandle, WorldReadable);
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            Remove(fresh);
            throw new EnvironmentException($"{path} cannot be written: {exception.Message}", "See that its directory is there, has room, and root may write to it.", exception);
        }
    }

    private static void Remove(string fresh)
    {
        try
        {
            File.Delete(fresh);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Why it could not be written is what is told.
        }
    }
}
