using System.Text;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Configuration;

/// <summary>Reads a secret from a file of its own, which the configuration names; it never stands in the configuration itself.</summary>
internal static class SecretFile
{
    private const int LongestSecret = 16 * 1024;
    private const uint OthersMask = 0x3f; // rwx of group and others

    /// <summary>The secret, without white space at its end.</summary>
    /// <exception cref="EnvironmentException">It cannot be read, is empty, or others than root can read or have written it.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            // A FIFO would block the opening of it.
            if (ContainerFiles.LookOutside(path) is not { } there)
                throw Refusal(path, "is not there");
            if (!there.IsImage || there.IsBlockDevice)
                throw Refusal(path, "is not a regular file");
            using var file = File.OpenHandle(path);
            var facts = ContainerFiles.Look(file, path);
            if ((facts.Mode & OthersMask) != 0)
                throw Refusal(path, "can be read or written by others than its owner");
            if (facts.User != 0 && facts.User != ConfigurationFile.GetEffectiveUserId())
                throw Refusal(path, $"belongs to user {facts.User}");
            var buffer = new byte[LongestSecret + 1];
            var count = RandomAccess.Read(file, buffer, 0);
            if (count > LongestSecret)
                throw Refusal(path, $"is longer than the {LongestSecret} bytes that a secret may have");
            var secret = buffer.AsSpan(0, count).TrimEnd("\r\n \t"u8);
            return secret.Length == 0 ? throw Refusal(path, "is empty") : secret.ToArray();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"the secret {path} cannot be read: {exception.Message}", "See that root can read it.", exception);
        }
    }

    /// <summary>The secret as text.</summary>
    /// <exception cref="EnvironmentException">As for <see cref="Read"/>.</exception>
    public static string ReadText(string path) => Encoding.UTF8.GetString(Read(path));

    private static EnvironmentException Refusal(string path, string wrong) => new(
        $"the secret {path} {wrong}", "Put the secret into it, and have it belong to root with mode 0600 (chown root, chmod 600).");
}
