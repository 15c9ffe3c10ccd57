using HostSwap.Orchestrator.Procfs;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Procfs;

/// <summary>Which devices the outer host needs itself, as the real kernel says.</summary>
public sealed class BlockDevicesTests
{
    private readonly OuterKernel _kernel = new();

    [Fact]
    public void Only_a_block_device_can_be_given()
    {
        _kernel.WhyNotGiven("/dev/null").ShouldBe("/dev/null is not a block device");
        _kernel.WhyNotGiven("/dev/hostswap-absent").ShouldBe("/dev/hostswap-absent does not exist");
        _kernel.WhyNotGiven("/proc/version").ShouldBe("/proc/version is not a block device");
    }

    [Fact]
    public void What_the_outer_host_has_mounted_cannot_be_given()
    {
        var mounted = File.ReadLines("/proc/self/mounts").Select(static line => line.Split(' ')[0])
            .FirstOrDefault(static source => source.StartsWith("/dev/", StringComparison.Ordinal) && File.Exists(source));

        _kernel.WhyNotGiven(mounted.ShouldNotBeNull("no block device is mounted here, so that this cannot be shown")).ShouldNotBeNull().ShouldStartWith($"{mounted} is in use by the outer host itself: it is mounted on /");
    }
}
