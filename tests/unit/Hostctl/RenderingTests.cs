using HostSwap.Hostctl.Rendering;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Planning;
using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class RenderingTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("[red]x[/]", "[red]x[/]")]
    [InlineData("\u001b[2J", "\\e[2J")]
    [InlineData("a\nb\r\tc", "a\\nb\\r\\tc")]
    [InlineData("\u009b31m\u0007", "\\u{9B}31m\\u{7}")]
    [InlineData("a\u202Eb\u2066c\u200Bd\u2028e", "a\\u{202E}b\\u{2066}c\\u{200B}d\\u{2028}e")]
    [InlineData("\uFEFF\u00AD", "\\u{FEFF}\\u{AD}")]
    [InlineData("größe 日本 🙂", "größe 日本 🙂")]
    public void Names_are_made_harmless(string name, string shown) => SafeText.Name(name).ShouldBe(shown);

    [Fact]
    public void Half_a_character_is_replaced() => SafeText.Name("a" + (char)0xD800).ShouldBe("a\uFFFD");

    [Fact]
    public void Long_names_are_cut()
    {
        SafeText.Name(new string('x', 10_000)).ShouldBe(new string('x', SafeText.NameLimit) + "…");
        SafeText.Name(new string('x', SafeText.NameLimit)).Length.ShouldBe(SafeText.NameLimit);
    }

    [Fact]
    public void Further_lines_of_a_message_are_indented() =>
        SafeText.Message("one\r\ntwo\nhostctl: three\u001b").ShouldBe("one\n  two\n  hostctl: three\\e");

    [Theory]
    [InlineData(0L, "0 B")]
    [InlineData(1023L, "1023 B")]
    [InlineData(1536L, "1.5 KiB")]
    [InlineData(10L << 20, "10 MiB")]
    [InlineData(1L << 30, "1.0 GiB")]
    [InlineData(long.MaxValue, "8192 PiB")]
    public void Sizes_are_for_people(long bytes, string shown) => Format.Bytes(bytes).ShouldBe(shown);

    [Theory]
    [InlineData(-1, "0 ms")]
    [InlineData(0, "0 ms")]
    [InlineData(51.4, "51 ms")]
    [InlineData(999.9, "1.0 s")]
    [InlineData(1949, "1.9 s")]
    [InlineData(123000, "2 min 03 s")]
    [InlineData(7380000, "2 h 03 min")]
    public void Durations_are_for_people(double milliseconds, string shown) =>
        Format.Duration(TimeSpan.FromMilliseconds(milliseconds)).ShouldBe(shown);

    [Fact]
    public void Words_of_the_schema_do_not_change_by_accident()
    {
        Enum.GetValues<OperationResult>().Select(Words.Of).ShouldBe(
        [
            "running", "done", "nothing-to-do", "refused", "declined", "failed-on-old-side", "failed-on-both-sides",
            "interrupted", "needs-person",
        ]);
        Enum.GetValues<MoveState>().Select(Words.Of).ShouldBe(
            ["pending", "fenced", "moving", "arrived", "verified", "returned", "lost", "removed", "left"]);
        Enum.GetValues<SwapStep>().Select(Words.Of).ShouldBe(
        [
            "preflight", "reconcile", "start-candidate", "await-ready", "await-jobs", "canary", "plan", "replicate-inventory", "move-domains",
            "verify", "activate", "retire", "dismiss",
        ]);
        Words.Of(MoveMethod.Copy).ShouldBe("copy");
        Words.Of(MoveMethod.Define).ShouldBe("define");
        Words.Of(MoveMethod.Restart).ShouldBe("restart");
        Words.OfName("FailedOnOldSide").ShouldBe("failed-on-old-side");
    }
}
