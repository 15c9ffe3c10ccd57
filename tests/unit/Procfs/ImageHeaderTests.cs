using System.Buffers.Binary;
using System.Text;
using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Procfs;

/// <summary>What an image is backed by, out of real files.</summary>
public sealed class ImageHeaderTests : IDisposable
{
    private readonly OuterKernel _kernel = new();
    private readonly string _image = Path.GetTempFileName();

    public void Dispose() => File.Delete(_image);

    [Fact]
    public void The_name_is_read_as_it_is_written()
    {
        Write(0x514649fb, offset: 100, "middle.qcow2", size: 12);

        _kernel.BackingFile(Environment.ProcessId, _image).ShouldBe("middle.qcow2");
    }

    [Theory]
    [InlineData(0x12345678u, 100L, 12u)] // no qcow2
    [InlineData(0x514649fbu, 0L, 12u)] // backed by nothing
    [InlineData(0x514649fbu, -1L, 12u)]
    [InlineData(0x514649fbu, 100L, 0u)]
    [InlineData(0x514649fbu, 100L, 1024u)] // longer than QEMU allows
    [InlineData(0x514649fbu, 108L, 12u)] // beyond the end
    public void What_is_none_is_not_read(uint magic, long offset, uint size)
    {
        Write(magic, offset, "middle.qcow2", size);

        _kernel.BackingFile(Environment.ProcessId, _image).ShouldBeNull();
    }

    [Fact]
    public void What_is_absent_or_no_file_is_backed_by_nothing()
    {
        _kernel.BackingFile(Environment.ProcessId, _image + ".absent").ShouldBeNull();
        _kernel.BackingFile(Environment.ProcessId, Path.GetDirectoryName(_image)!).ShouldBeNull();
        _kernel.BackingFile(Environment.ProcessId, "/dev/null").ShouldBeNull();
    }

    private void Write(uint magic, long offset, string name, uint size)
    {
        var bytes = new byte[100 + name.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, magic);
        BinaryPrimitives.WriteInt64BigEndian(bytes.AsSpan(8), offset);
        BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(16), size);
        Encoding.UTF8.GetBytes(name).CopyTo(bytes, 100);
        File.WriteAllBytes(_image, bytes);
    }
}
