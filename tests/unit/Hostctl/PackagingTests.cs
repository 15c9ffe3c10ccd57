using HostSwap.Hostctl;
using HostSwap.Hostctl.Commands;
using HostSwap.Hostctl.Rendering;
using HostSwap.Hostctl.Systemd;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class PackagingTests
{
    [Fact]
    public async Task The_manual_page_tells_of_every_verb_option_and_exit_code()
    {
        using var hostctl = new Harness();
        (await hostctl.RunAsync("manual")).ShouldBe(ExitCode.Done);
        var page = hostctl.Out;
        var plain = page.Replace("\\-", "-", StringComparison.Ordinal).Replace("\\fB", "", StringComparison.Ordinal).Replace("\\fI", "", StringComparison.Ordinal).Replace("\\fR", "", StringComparison.Ordinal);
        var prose = await ReadAsync("hostctl.8.in");

        var grammar = new HostctlCommand(GrammarTests.Services());
        foreach (var (path, verb) in ManualPage.Verbs(grammar))
        {
            // People have written of each, and each option is said with what it does.
            prose.ShouldContain($"@verb {path}\n");
            plain.ShouldContain($"\n{path}");
            foreach (var option in verb.Options.Where(static option => !option.Hidden && option.Name is not "--help"))
                plain.ShouldContain($"{option.Name}{ValueOf(option)}\n{option.Description}");
        }

        foreach (var option in grammar.Options)
        {
            foreach (var name in option.Aliases.Append(option.Name).Where(static name => !name.StartsWith('/'))) plain.ShouldContain(name);
        }

        foreach (var (code, meaning) in ExitCodes.All) plain.ShouldContain($".TP\n{(int)code}\n{meaning}\n");
        foreach (var (id, _) in MessageIds.All) plain.ShouldContain(id);
        page.Split('\n').ShouldAllBe(static line => !line.StartsWith('@'));
    }

    private static string ValueOf(System.CommandLine.Option option)
    {
        if (ManualPage.IsFlag(option)) return "";
        var value = option.HelpName ?? "VALUE";
        return option.Arity.MinimumNumberOfValues == 0 ? $"[={value}]" : $" {value}";
    }

    [Theory]
    [InlineData("swap", "\\fBswap\\fR [\\fB\\-\\-yes\\fR] [\\fB\\-\\-on\\-failure\\fR \\fIstop|rollback|continue\\fR] [\\fB\\-\\-wait\\-jobs\\fR[=\\fIDURATION\\fR]]")]
    [InlineData("image pin", "\\fBimage pin\\fR \\fIIMAGE\\fR [\\fB\\-\\-remove\\fR]")]
    [InlineData("hold", "\\fBhold\\fR \\fB\\-\\-reason\\fR \\fITEXT\\fR [\\fB\\-\\-until\\fR \\fIWHEN\\fR]")]
    [InlineData("diff", "\\fBdiff\\fR [\\fIFROM\\fR] [\\fITO\\fR]")]
    public void A_verbs_heading_follows_from_the_grammar(string verb, string heading) =>
        ManualPage.Make(new HostctlCommand(GrammarTests.Services())).Split('\n').Count(line => line.StartsWith(heading, StringComparison.Ordinal)).ShouldBe(1, verb);

    [Fact]
    public async Task The_unit_runs_a_verb_that_exists()
    {
        var unit = await ReadAsync("hostswap.service");

        unit.ShouldContain("ExecStart=/usr/bin/hostctl start\n");
        unit.ShouldContain($"RestartPreventExitStatus={(int)ExitCode.Usage} {(int)ExitCode.NeedsPerson}\n");
    }

    [Fact]
    public async Task The_memory_is_mounted_before_Docker_starts_containers()
    {
        var unit = await ReadAsync("hostswap-memory.service");

        unit.ShouldContain("ExecStart=/usr/bin/hostctl memory mount\n");
        unit.ShouldContain("Before=docker.service hostswap.service\n");
        // In a mount namespace of its own the unit would mount for itself alone.
        foreach (var option in new[] { "Protect", "Private", "ReadOnlyPaths", "ReadWritePaths", "InaccessiblePaths", "TemporaryFileSystem", "MountFlags" })
            unit.ShouldNotContain($"\n{option}");
        (await ReadAsync("hostswap.service")).ShouldContain("Wants=hostswap-memory.service ");
    }

    [Fact]
    public async Task What_an_interruption_left_is_continued_after_the_generations_are_up()
    {
        var unit = await ReadAsync("hostswap-resume.service");

        unit.ShouldContain("ExecStart=/usr/bin/hostctl resume --yes\n");
        unit.ShouldContain($"SuccessExitStatus={(int)ExitCode.NothingToDo}\n");
        unit.ShouldContain("Requires=docker.service hostswap.service\n");
        unit.ShouldContain("After=docker.service hostswap.service\n");
        unit.ShouldContain("Restart=no\n");
    }

    [Theory]
    [InlineData("hostswap.service")]
    [InlineData("hostswap-display.service")]
    [InlineData("hostswap-memory.service")]
    [InlineData("hostswap-metrics.service")]
    [InlineData("hostswap-notify.service")]
    [InlineData("hostswap-resume.service")]
    [InlineData("hostswap-retire.service")]
    public async Task No_unit_takes_openat2_away(string unit) => (await ReadAsync(unit)).ShouldNotContain("\nRestrictSUIDSGID");

    private static Task<string> ReadAsync(string name)
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Join(directory.FullName, "HostSwap.slnx")))
            directory = directory.Parent ?? throw new InvalidOperationException("The tests do not run in the source tree.");
        return File.ReadAllTextAsync(
            Path.Join(directory.FullName, "hostctl/packaging", name), TestContext.Current.CancellationToken);
    }
}
