using System.IO.MemoryMappedFiles;
using System.Security.Cryptography;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>
/// What is written into a canary's RAM from outside and looked for after its move. With a wrong or fresh RAM file a
/// migration reports success and the guest's RAM is all zeros; only its content tells.
/// </summary>
internal sealed class CanaryPattern
{
    /// <summary>In the midst of the RAM: firmware uses the lowest MiB and the uppermost.</summary>
    public const long Offset = CanaryDefinition.MemoryBytes / 2;

    private readonly byte[] _bytes = RandomNumberGenerator.GetBytes(64 << 10);

    /// <summary>Writes it into a RAM file, which its QEMU has mapped.</summary>
    /// <param name="path">The file, on the outer host.</param>
    /// <param name="hugePages">Whether it is on a hugetlbfs, which knows no write(2) (hugetlbpage.rst of the kernel).</param>
    /// <exception cref="CanaryFailedException">It cannot be written, as on a tmpfs that is full.</exception>
    public void Write(string path, bool hugePages)
    {
        try
        {
            if (hugePages)
                WriteMapped(path);
            else
                WriteFile(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CanaryFailedException($"nothing could be written into its RAM: {exception.Message}");
        }
    }

    /// <summary>Whether a RAM file has it.</summary>
    /// <param name="path">The file, on the outer host.</param>
    /// <exception cref="CanaryFailedException">It cannot be read.</exception>
    public bool IsIn(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            var found = new byte[_bytes.Length];
            var count = 0;
            while (count < found.Length && RandomAccess.Read(file, found.AsSpan(count), Offset + count) is > 0 and var read)
                count += read;
            return count == found.Length && found.AsSpan().SequenceEqual(_bytes);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CanaryFailedException($"its RAM could not be read: {exception.Message}");
        }
    }

    /// <summary>Not through a mapping: a page that cannot be had would end this process, not fail.</summary>
    private void WriteFile(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        RandomAccess.Write(file, _bytes, Offset);
    }

    /// <summary>The pages are reserved when it is mapped, or it cannot be.</summary>
    private void WriteMapped(string path)
    {
        // As a whole: a part would have to begin at one of its pages.
        using var map = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.ReadWrite);
        using var view = map.CreateViewAccessor(0, 0, MemoryMappedFileAccess.ReadWrite);
        view.WriteArray(Offset, _bytes, 0, _bytes.Length);
    }
}
