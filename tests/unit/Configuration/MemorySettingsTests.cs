using CsCheck;
using HostSwap.Orchestrator.Configuration;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

public sealed class MemorySettingsTests : ConfigurationFixture
{
    [Fact]
    public void Each_key_is_taken_over() =>
        Load("[memory]\nsize = \"48GiB\"\nbacking = \"hugetlbfs\"\npage_size = \"1GiB\"").Memory.ShouldBe(
            new MemorySettings(MemorySize.OfBytes(48L << 30), MemoryBacking.Hugetlbfs, 1L << 30, SettingsDefaults.Memory.Advice));

    [Fact]
    public void Without_any_the_defaults_apply() => Load("").Memory.ShouldBe(SettingsDefaults.Memory);

    [Fact]
    public void A_problem_is_told_with_its_place() => Problem("[memory]\nsize = \"all\"").ShouldStartWith("2:1: memory.size: ");

    [Theory]
    [InlineData(75, 10_000, 4096, 4096)]
    [InlineData(100, 8192, 4096, 8192)]
    [InlineData(1, 100, 4096, 0)]
    public void A_part_is_rounded_down_to_whole_pages(int percent, long whole, long page, long expected) =>
        MemorySize.OfPercent(percent).Of(whole, page).ShouldBe(expected);

    [Fact]
    public void A_part_of_a_very_large_whole_does_not_overflow() =>
        MemorySize.OfPercent(100).Of(long.MaxValue, 1).ShouldBe(long.MaxValue);

    [Theory]
    [InlineData("1KiB", 1L << 10)]
    [InlineData("512MiB", 512L << 20)]
    [InlineData("0GiB", 0)]
    [InlineData("4TiB", 4L << 40)]
    public void A_size_is_read(string text, long bytes)
    {
        SizeText.TryParse(text, out var read).ShouldBeTrue();
        read.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("MiB")]
    [InlineData("1")]
    [InlineData("1 MiB")]
    [InlineData("-1MiB")]
    [InlineData("+1MiB")]
    [InlineData("1mib")]
    [InlineData("1.5GiB")]
    [InlineData("9223372036854775807TiB")]
    [InlineData("99999999999999999999KiB")]
    public void What_is_no_size_is_not(string text) => SizeText.TryParse(text, out _).ShouldBeFalse();

    [Fact]
    public void What_is_written_is_read_back() => Gen.Long[1, 1L << 40].Sample(kibibytes =>
        SizeText.TryParse(SizeText.Format(kibibytes << 10), out var read) && read == kibibytes << 10);
}
