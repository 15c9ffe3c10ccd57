using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Holding;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Holding;

public sealed class HoldFilesTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 3, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly FakeTimeProvider _time = new(Now);

    private string Place => Path.Join(_root.FullName, "holds");

    private HoldFiles Files => new(Place, _time);

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public void A_hold_is_there_for_whoever_looks_until_it_is_released()
    {
        Files.All().ShouldBeEmpty();
        Files.ThrowIfHeld();
        var first = Files.Place("RAID is being rebuilt", "ada", until: null);
        _time.Advance(TimeSpan.FromMinutes(1));
        var second = Files.Place("launch", "bob", Now.AddHours(1));

        Files.All().ShouldBe([first, second]);
        var held = Should.Throw<HeldException>(Files.ThrowIfHeld);
        held.Message.ShouldBe("no swap is to begin: held by ada: RAID is being rebuilt; held by bob until 2026-12-01 04:00 UTC: launch");
        held.Remedy.ShouldContain($"hostctl release {first.Id} {second.Id}");

        Files.Release(first.Id).ShouldBeTrue();
        Files.Release(first.Id).ShouldBeFalse();
        Files.Release("../../etc/passwd").ShouldBeFalse();
        Files.All().ShouldBe([second]);
    }

    [Fact]
    public void One_that_has_an_end_ends_by_itself_and_its_file_goes_with_the_next()
    {
        Files.Place("launch", "bob", Now.AddHours(1));
        _time.Advance(TimeSpan.FromHours(1));

        Files.All().ShouldBeEmpty();
        Files.ThrowIfHeld();
        var next = Files.Place("another", "bob", until: null);
        Directory.GetFiles(Place).Select(Path.GetFileNameWithoutExtension).ShouldBe([next.Id]);
    }

    [Theory]
    [InlineData("")]
    [InlineData("  ")]
    [InlineData("two\nlines")]
    public void Without_a_reason_of_one_line_none_is_placed(string reason) => Should.Throw<UsageException>(() => Files.Place(reason, "ada", until: null));

    [Fact]
    public void One_whose_end_has_passed_is_not_placed()
    {
        Should.Throw<UsageException>(() => Files.Place("late", "ada", Now)).Message.ShouldContain("would have ended already");
        Files.All().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("{ \"reason\": ")]
    [InlineData("[]")]
    public void What_cannot_be_read_holds_too_and_can_be_released(string text)
    {
        Directory.CreateDirectory(Place);
        File.WriteAllText(Path.Join(Place, "0a0b0c0d.json"), text);

        Files.All().ShouldHaveSingleItem().Reason.ShouldContain("cannot be read as a hold");
        Should.Throw<HeldException>(Files.ThrowIfHeld);
        Files.Release("0a0b0c0d").ShouldBeTrue();
        Files.All().ShouldBeEmpty();
    }
}
