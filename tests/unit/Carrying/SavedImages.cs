using System.Text;
using HostSwap.Orchestrator.Generations;
using HostSwap.UnitTests.Fakes;

namespace HostSwap.UnitTests.Carrying;

/// <summary>Managed save images as libvirt writes them, without much in them.</summary>
internal static class SavedImages
{
    private const int HeaderBytes = 92;

    public static string PathIn(GenerationPaths generation, string name) => Path.Join(generation.LibvirtState, "qemu/save", $"{name}.save");

    public static byte[] Whole(Guid uuid, string name, uint format = 0)
    {
        var definition = Encoding.UTF8.GetBytes(DomainXmls.Plain(uuid, name) + '\0');
        var header = new byte[HeaderBytes];
        "LibvirtQemudSave"u8.CopyTo(header);
        BitConverter.GetBytes(2u).CopyTo(header, 16);
        BitConverter.GetBytes((uint)definition.Length).CopyTo(header, 20);
        BitConverter.GetBytes(format).CopyTo(header, 28);
        return [.. header, .. definition, .. "QEVM"u8, 0, 0, 0, 3, .. "RAM of the guest"u8, 6, .. "{\"devices\":[]}"u8, 0, 0, 0];
    }

    public static void Put(GenerationPaths generation, string name, byte[] image)
    {
        var path = PathIn(generation, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, image);
    }
}
