using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace HostSwap.Orchestrator.Procfs;

/// <summary>The header of a qcow2 image (QEMU's <c>docs/interop/qcow2.txt</c>), as far as it names what it is backed by.</summary>
internal static class ImageHeader
{
    private const uint Magic = 0x514649fb; // "QFI\xfb"
    private const int Length = 72; // of version 2, of which version 3 begins with
    private const int BackingOffset = 8;
    private const int BackingSize = 16;
    private const int MaximumName = 1023;

    /// <summary>What an image is backed by, as it is written in it; null where it is no qcow2 image, or backed by nothing.</summary>
    public static string? BackingFile(SafeFileHandle image)
    {
        Span<byte> header = stackalloc byte[Length];
        if (RandomAccess.Read(image, header, 0) < Length || BinaryPrimitives.ReadUInt32BigEndian(header) != Magic)
            return null;
        var offset = BinaryPrimitives.ReadInt64BigEndian(header[BackingOffset..]);
        var size = BinaryPrimitives.ReadUInt32BigEndian(header[BackingSize..]);
        if (offset <= 0 || size is 0 or > MaximumName)
            return null;
        var name = new byte[size];
        return RandomAccess.Read(image, name, offset) == size ? Encoding.UTF8.GetString(name) : null;
    }
}
