using HostSwap.Hostctl;
using HostSwap.Hostctl.Commands;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class PackagingTests
{
    [Fact]
    public async Task The_man_page_mentions_every_verb_option_and_exit_code()
    {
        var page = (await ReadAsync("hostctl.8")).Replace("\\-", "-", StringComparison.Ordinal);

        foreach (var command in GrammarTests.All(new HostctlCommand(GrammarTests.Services())).Skip(1))
        {
            page.ShouldContain(command.Name);
            foreach (var option in command.Options) page.ShouldContain(option.Name);
        }

        foreach (var option in new HostctlCommand(GrammarTests.Services()).Options)
        {
            foreach (var name in option.Aliases.Append(option.Name).Where(name => !name.StartsWith('/'))) page.ShouldContain(name);
        }

        foreach (var (code, meaning) in ExitCodes.All) page.ShouldContain($".B {(int)code}\n{meaning}\n");
    }

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
