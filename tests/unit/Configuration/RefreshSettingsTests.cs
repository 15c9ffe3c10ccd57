using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Swapping;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Configuration;

/// <summary><c>[build]</c>, <c>[refresh]</c>, and the tables of windows, vetoes and hooks.</summary>
public sealed class RefreshSettingsTests : ConfigurationFixture
{
    [Fact]
    public void Everything_is_read()
    {
        var settings = Load("""
            [build]
            suite = "bookworm"
            recipe = "/opt/recipe"
            overlay = "/opt/mine"
            deadline = "20m"
            keep = 7

            [refresh]
            strategy = "immediate"
            urgent = ["qemu-*", "libvirt0"]
            time_zone = "Europe/Berlin"
            freeze = ["2026-12-24", "2026-12-30..2027-01-02"]
            random_delay = "30m"
            check_interval = "6h"
            max_load = 4
            on_failure = "continue"
            at_window_end = "rollback"
            soak = "5m"
            on_soak_failure = "rollback"

            [window.night]
            start = "0 2 * * SAT,SUN"
            duration = "3h"

            [veto.backup]
            command = ["/usr/local/bin/idle", "--quick"]
            deadline = "10s"
            [veto.raid]
            unit = "mdcheck_start.service"
            [veto.person]
            file = "/run/no-swap"

            [hook.tell]
            when = "after-swap"
            command = ["/usr/local/bin/tell"]
            on_failure = "warn"
            """);

        settings.Build.ShouldBe(new BuildSettings("bookworm", "/opt/recipe", "/opt/mine", TimeSpan.FromMinutes(20), 7));
        var refresh = settings.Refresh;
        (refresh.Strategy, refresh.TimeZone!.Id, refresh.RandomDelay, refresh.CheckInterval).ShouldBe((RefreshStrategy.Immediate, "Europe/Berlin", TimeSpan.FromMinutes(30), TimeSpan.FromHours(6)));
        (refresh.MaximumLoad, refresh.OnFailure, refresh.AtWindowEnd, refresh.Soak, refresh.OnSoakFailure)
            .ShouldBe((4, FailurePolicy.Continue, EndOfWindow.Rollback, TimeSpan.FromMinutes(5), SoakFailure.Rollback));
        refresh.Urgent.ShouldBe(["qemu-*", "libvirt0"]);
        refresh.Freeze.ShouldBe([new FrozenDays(new(2026, 12, 24), new(2026, 12, 24)), new FrozenDays(new(2026, 12, 30), new(2027, 1, 2))]);
        refresh.Windows.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            static window => window.Name.ShouldBe("night"), static window => window.Duration.ShouldBe(TimeSpan.FromHours(3)));
        refresh.Vetoes.Select(static veto => (veto.Name, string.Join(' ', veto.Command), veto.Unit, veto.File, veto.Deadline.TotalSeconds)).ShouldBe(
            [("backup", "/usr/local/bin/idle --quick", null, null, 10), ("raid", "", "mdcheck_start.service", null, 30), ("person", "", null, "/run/no-swap", 30)]);
        refresh.Hooks.Select(static hook => (hook.Name, hook.Moment, hook.Required, hook.Deadline.TotalMinutes)).ShouldBe([("tell", HookMoment.AfterSwap, false, 5)]);
    }

    [Theory]
    [InlineData("[refresh]\nstrategy = \"always\"", "\"always\" is not allowed; \"manual\", \"window\" and \"immediate\" are")]
    [InlineData("[refresh]\nstrategy = \"window\"", "refresh.strategy: has no window; write one, as in [window.\"night\"]")]
    [InlineData("[refresh]\ntime_zone = \"Mars/Olympus\"", "\"Mars/Olympus\" is no time zone that this machine knows")]
    [InlineData("[refresh]\nfreeze = [\"2026-13-01\"]", "\"2026-13-01\" are no days")]
    [InlineData("[refresh]\nfreeze = [\"2026-12-24..2026-12-20\"]", "are no days")]
    [InlineData("[refresh]\nurgent = [\"Qemu\"]", "\"Qemu\" is no name of a package")]
    [InlineData("[refresh]\nrandom_delay = \"2h\"\n[window.night]\nstart = \"0 2 * * *\"\nduration = \"1h\"", "is not shorter than the window night")]
    [InlineData("[window.night]\nduration = \"1h\"", "window.night: needs start and duration")]
    [InlineData("[window.night]\nstart = \"at night\"\nduration = \"1h\"", "\"at night\" is not when a window begins; write five fields as in crontab(5)")]
    [InlineData("[window.night]\nstart = \"0 2 * * *\"\nduration = \"3d\"", "\"3d\" is out of range; 1m to 2d is allowed")]
    [InlineData("[veto.x]\ndeadline = \"10s\"", "veto.x: has nothing to ask; write one of command, unit and file")]
    [InlineData("[veto.x]\nunit = \"a.service\"\nfile = \"/run/x\"", "veto.x: has several questions")]
    [InlineData("[veto.x]\nunit = \"a b\"", "\"a b\" is not a name of a systemd unit")]
    [InlineData("[veto.x]\ncommand = []", "veto.x.command: is empty; write the program and its arguments")]
    [InlineData("[veto.x]\ncommand = [\"idle\"]", "\"idle\" is not an absolute path of a program")]
    [InlineData("[hook.x]\ncommand = [\"/bin/true\"]", "hook.x: needs when and command")]
    [InlineData("[hook.x]\nwhen = \"during-swap\"\ncommand = [\"/bin/true\"]", "\"during-swap\" is not allowed; \"before-build\", ")]
    [InlineData("[build]\nsuite = \"../etc\"", "\"../etc\" is no name of a Debian release")]
    [InlineData("[build]\nrecipe = \"images\"", "is not an absolute path")]
    [InlineData("[hook.x]\nwhen = \"before-swap\"\ncomand = [\"/bin/true\"]", "hook.x.comand: is not a key of a hook; allowed are when, command, deadline, on_failure")]
    public void What_is_wrong_is_told_with_its_place(string text, string problem) => string.Join("\n", Problems(text)).ShouldContain(problem);
}
