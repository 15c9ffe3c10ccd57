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

    [Fact]
    public void A_lock_that_the_kernel_has_made_of_neighbouring_ones_counts_for_each()
    {
        // As QEMU 7.2 and 10.0 have a qcow2 image.
        ImageLocks.Exclusive(
        [
            "1: OFDLCK ADVISORY  READ -1 fe:00:7 203 203",
            "2: OFDLCK ADVISORY  READ -1 fe:00:7 201 201",
            "3: OFDLCK ADVISORY  READ -1 fe:00:7 103 103",
            "4: OFDLCK ADVISORY  READ -1 fe:00:7 100 101",
            "5: OFDLCK ADVISORY  READ -1 00:06:3 0 EOF",
            "6: OFDLCK ADVISORY  READ -1 fe:00:8 100 100",
            "7: OFDLCK ADVISORY  READ -1 fe:00:8 200 201",
        ]).ShouldBe([(0xfeUL << 32, 7UL), (6UL, 3UL)], ignoreOrder: true);
    }
}
