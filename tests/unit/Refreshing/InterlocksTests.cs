using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Processes;
using HostSwap.Orchestrator.Refreshing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Refreshing;

/// <summary>Whoever speaks against a refresh, or cannot say, is heard.</summary>
public sealed class InterlocksTests : IDisposable
{
    private const string Unit = "systemctl show --property=LoadState --property=ActiveState -- backup.service";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private readonly string _file = Path.GetTempFileName();
    private readonly FakePrograms _programs = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => File.Delete(_file);

    [Theory]
    [InlineData(0, "", null)]
    [InlineData(1, "backup of web runs\n", "backup: backup of web runs")]
    [InlineData(2, "", "backup: /bin/idle ended with 2")]
    public async Task A_command_vetoes_by_its_exit_status(int code, string output, string? veto)
    {
        _programs.Outcomes["/bin/idle --quick"] = new ProgramOutcome(code, output, "");

        (await AskAsync(new VetoSource("backup", Limit) { Command = ["/bin/idle", "--quick"] })).ShouldBe(veto is null ? [] : [veto]);
        _programs.Calls.ShouldHaveSingleItem().Limit.ShouldBe(Limit);
    }

    [Fact]
    public async Task No_answer_is_a_veto_too()
    {
        _programs.Failures["/bin/idle"] = new DeadlineException("/bin/idle to end", Limit, "it wrote nothing");

        (await AskAsync(new VetoSource("backup", Limit) { Command = ["/bin/idle"] })).ShouldHaveSingleItem().ShouldContain("waited 3 s for /bin/idle to end");
    }

    [Theory]
    [InlineData("LoadState=loaded\nActiveState=inactive\n", null)]
    [InlineData("LoadState=loaded\nActiveState=failed\n", null)]
    [InlineData("LoadState=loaded\nActiveState=active\n", "backup: backup.service is active")]
    // A oneshot service that runs.
    [InlineData("LoadState=loaded\nActiveState=activating\n", "backup: backup.service is activating")]
    [InlineData("LoadState=not-found\nActiveState=inactive\n", "backup: there is no unit backup.service")]
    [InlineData("", "backup: what backup.service does cannot be told: ")]
    public async Task A_unit_vetoes_while_it_does_something(string output, string? veto)
    {
        _programs.Outcomes[Unit] = new ProgramOutcome(0, output, "");

        (await AskAsync(new VetoSource("backup", Limit) { Unit = "backup.service" })).ShouldBe(veto is null ? [] : [veto]);
    }

    [Fact]
    public async Task A_file_vetoes_while_it_is_there_and_a_hold_until_it_is_released()
    {
        (await AskAsync(new VetoSource("person", Limit) { File = _file })).ShouldBe([$"person: {_file} is there"]);
        (await AskAsync(new VetoSource("person", Limit) { File = _file + ".none" })).ShouldBeEmpty();
        (await new Interlocks(SettingsDefaults.Refresh, _programs).AskAsync([new Hold("1", "launch", "ada", DateTimeOffset.UnixEpoch, Until: null)], Token))
            .ShouldBe(["ada holds swaps: launch"]);
    }

    [Theory]
    [InlineData("3.99 1.00 1.00 1/200 4242\n", null)]
    [InlineData("4.01 1.00 1.00 1/200 4242\n", "the load is 4.0, more than 4")]
    public async Task A_load_that_is_too_high_vetoes(string load, string? veto)
    {
        await File.WriteAllTextAsync(_file, load, Token);

        (await new Interlocks(SettingsDefaults.Refresh with { MaximumLoad = 4 }, _programs) { LoadFile = _file }.AskAsync([], Token)).ShouldBe(veto is null ? [] : [veto]);
    }

    private Task<IReadOnlyList<string>> AskAsync(VetoSource veto) => new Interlocks(SettingsDefaults.Refresh with { Vetoes = [veto] }, _programs).AskAsync([], Token);
}
