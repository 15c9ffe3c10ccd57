using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Procfs;

public sealed class ImageLocksTests
{
    [Fact]
    public void An_image_is_guarded_when_its_writer_lets_nobody_else_write()
    {
        ImageLocks.Exclusive(
        [
            "1: POSIX  ADVISORY  WRITE 12466 fe:00:7 101 101",
            "2: OFDLCK ADVISORY  READ -1 fe:00:3530776 101 101",
            "3: OFDLCK ADVISORY  READ -1 fe:00:3530776 201 201",
            "3: -> OFDLCK ADVISORY  READ -1 fe:00:9 101 101",
            "4: OFDLCK ADVISORY  READ -1 fe:00:8 101 101",
            "5: OFDLCK ADVISORY  READ -1 08:11:6 201 201",
            "6: FLOCK  ADVISORY  WRITE 1 00:19:5 0 EOF",
        ]).ShouldBe([((0xfeUL << 32), 3530776UL)]);
    }
}
