using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Procfs;

public sealed class ProcessMapsTests
{
    [Fact]
    public void Files_are_told_once_with_device_inode_and_kind()
    {
        ProcessMaps.Parse(
        [
            "7f0000000000-7f0010000000 rw-s 00000000 00:4d 123                        /run/hostswap/memory/gen-1/libvirt/qemu/1-a b/pc.ram",
            "7f0010000000-7f0020000000 rw-s 10000000 00:4d 123                        /run/hostswap/memory/gen-1/libvirt/qemu/1-a b/pc.ram",
            "7f0030000000-7f0030001000 rw-p 00000000 fe:00 9                          /lib/x (deleted)",
            "7ffd00000000-7ffd00021000 rw-p 00000000 00:00 0                          [stack]",
            "7f0040000000-7f0040001000 rw-p 00000000 00:00 0 ",
        ]).ShouldBe(
        [
            new MappedFile("/run/hostswap/memory/gen-1/libvirt/qemu/1-a b/pc.ram", 0x4d, 123, Shared: true),
            new MappedFile("/lib/x (deleted)", 0xfeUL << 32, 9, Shared: false),
        ]);
    }

    [Fact]
    public void The_same_file_has_one_number_here_and_in_stat()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "x");
            using var mapping = System.IO.MemoryMappedFiles.MemoryMappedFile.CreateFromFile(path);
            using var view = mapping.CreateViewAccessor();
            var mapped = new OuterKernel().MappedFiles(Environment.ProcessId).Single(file => string.Equals(file.Path, path, StringComparison.Ordinal));
            var looked = new OuterKernel().Look(Environment.ProcessId, path)!;
            (mapped.Device, mapped.Inode, mapped.Shared).ShouldBe((looked.Device, looked.Inode, true));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
