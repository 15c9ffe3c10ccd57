using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>The Debian package comes, is upgraded and goes on a whole Debian as it should on a server.</summary>
public sealed class PackageTests(DebianPackage package) : IClassFixture<DebianPackage>
{
    private const string Configuration = "/etc/hostswap/hostswap.toml";

    private const string State = PackagedHost.State;

    private static readonly string[] Units =
    [
        "hostswap.service", "hostswap-memory.service", "hostswap-retire.service", "hostswap-retire.timer",
        "hostswap-display.service", "hostswap-resume.service", "hostswap-notify.service", "hostswap-notify.timer",
        "hostswap-metrics.service", "hostswap-refresh.service", "hostswap-refresh.timer",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task It_is_installed_and_leaves_nothing(string image)
    {
        await using var host = await PackagedHost.StartAsync(image);
        var before = await host.FilesAsync();

        await host.InstallAsync(package.Inside);

        var installed = await host.FilesAsync();
        foreach (var (path, mode) in new[]
        {
            ("/usr/bin/hostctl", "755"),
            ("/usr/lib/systemd/system/hostswap.service", "644"),
            ("/usr/share/bash-completion/completions/hostctl", "644"),
            ("/usr/share/fish/vendor_completions.d/hostctl.fish", "644"),
            ("/usr/share/doc/hostswap/examples/grafana-dashboard.json", "644"),
            ("/usr/share/doc/hostswap/examples/prometheus-alerts.yml", "644"),
            ("/usr/share/man/man8/hostctl.8.gz", "644"),
            ("/usr/share/hostswap/images/build", "755"),
            ("/usr/share/hostswap/images/host/Dockerfile", "644"),
            ("/usr/share/doc/hostswap/examples/image/packages", "644"),
            ("/usr/share/zsh/vendor-completions/_hostctl", "644"),
            (Configuration, "644"),
        })
        {
            installed.ShouldContain($"f {mode} root root {path}");
        }

        (await host.RunAsync("dpkg", "--verify", "hostswap")).ShouldBeEmpty();
        (await host.RunAsync("hostctl", "--version")).ShouldStartWith(package.Version);
        (await host.RunAsync("hostctl", "--help")).ShouldContain("swap");
        // Every key is commented out, and it is understood: that there is no outer host yet is what 'retire' stumbles over.
        (await host.TryAsync("hostctl", "retire")).ExitCode.ShouldBe(ExitCodes.Environment);

        await host.RunAsync("dpkg", "--remove", "hostswap");
        (await host.FilesAsync()).ShouldContain($"f 644 root root {Configuration}");
        await host.RunAsync("dpkg", "--purge", "hostswap");
        var after = await host.FilesAsync();
        after.Except(before).ShouldBeEmpty();
        before.Except(after).ShouldBeEmpty();
        (await host.RunAsync("systemctl", "list-units", "--all", "--no-legend", "--plain", "hostswap*")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task Its_units_are_understood_and_those_enabled_that_move_nothing(string image)
    {
        await using var host = await PackagedHost.StartAsync(image);
        await host.InstallAsync(package.Inside);

        var files = Units.Select(static unit => $"/usr/lib/systemd/system/{unit}").Prepend($"{DebianPackage.Mount}/docker.service");
        var verified = await host.TryAsync(["systemd-analyze", "verify", "--man=no", .. files]);
        (verified.Stdout + verified.Stderr).ShouldBeEmpty();
        verified.ExitCode.ShouldBe(0);

        foreach (var unit in Units)
        {
            (await host.IsEnabledAsync(unit)).ShouldBe(unit switch
            {
                "hostswap-resume.service" or "hostswap-display.service" or "hostswap-metrics.service" => "disabled",
                "hostswap-retire.service" or "hostswap-refresh.service" or "hostswap-notify.service" => "static",
                _ => "enabled",
            }, unit);
            (await host.PropertyAsync(unit, "NeedDaemonReload")).ShouldBe("no", unit);
            (await host.PropertyAsync(unit, "ActiveState")).ShouldBe("inactive", unit);
        }
    }

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task Its_units_leave_hostctl_what_it_needs(string image)
    {
        await using var host = await PackagedHost.StartAsync(image);
        await host.InstallAsync(package.Inside);
        // Units only want it to run: there is no Docker that answers.
        await host.RunAsync("cp", $"{DebianPackage.Mount}/docker.service", "/run/systemd/system/docker.service");
        await host.RunAsync("sed", "--in-place", "$a [vm.web]\\ndisplay = \"127.0.0.1:5901\"", Configuration);
        await host.RunAsync("systemctl", "daemon-reload");
        (await host.TryAsync("hostctl", "init")).ExitCode.ShouldBe(ExitCodes.Environment);
        await host.RunAsync("umount", "/run/hostswap/memory");

        foreach (var unit in new[] { "hostswap-memory.service", "hostswap-display.service", "hostswap-retire.service", "hostswap-notify.service" })
            await host.RunAsync("systemctl", "start", unit);
        await host.RunAsync("mountpoint", "/run/hostswap/memory");
        (await host.PropertyAsync("hostswap-retire.service", "Result")).ShouldBe("success");
        await Poll.UntilAsync(
            "the display's address",
            TimeSpan.FromSeconds(20),
            async _ => (await host.RunAsync("journalctl", "--unit", "hostswap-display.service")).Contains("web: 127.0.0.1:5901", StringComparison.Ordinal),
            static () => "it has not been told",
            Token);

        // All goes well until Docker is asked, and where it does not come up nothing is resumed.
        (await host.TryAsync("systemctl", "start", "hostswap-resume.service")).ExitCode.ShouldNotBe(0);
        (await host.RunAsync("journalctl", "--unit", "hostswap.service"))
            .ShouldContain("Docker at unix:///var/run/docker.sock cannot be reached");
        (await host.PropertyAsync("hostswap-resume.service", "ExecMainStartTimestampMonotonic")).ShouldBe("0");

        // With generations up it runs, and comes to where it looks for the active one.
        await host.RunAsync("systemctl", "stop", "hostswap.service");
        const string dropIn = "/run/systemd/system/hostswap.service.d/started.conf";
        await host.RunAsync("install", "-D", $"{DebianPackage.Mount}/started.conf", dropIn);
        await host.RunAsync("systemctl", "daemon-reload");
        await host.RunAsync("systemctl", "start", "hostswap-resume.service");
        await Poll.UntilAsync(
            "the end of the resumption",
            TimeSpan.FromSeconds(20),
            async _ => await host.PropertyAsync("hostswap-resume.service", "ActiveState") == "failed",
            static () => "it runs",
            Token);
        (await host.RunAsync("journalctl", "--unit", "hostswap-resume.service")).ShouldContain("no generation is active");
    }

    [Fact]
    public async Task The_timer_calls_a_refresh_that_tells_systemd_how_far_it_is()
    {
        await using var host = await PackagedHost.StartAsync(Repository.Trixie);
        await host.InstallAsync(package.Inside);
        await host.RunAsync("cp", $"{DebianPackage.Mount}/docker.service", "/run/systemd/system/docker.service");
        await host.RunAsync("systemctl", "daemon-reload");
        // It makes the journal, and finds no Docker.
        (await host.TryAsync("hostctl", "init")).ExitCode.ShouldBe(ExitCodes.Environment);

        await host.RunAsync("systemctl", "start", "hostswap-refresh.timer");
        (await host.PropertyAsync("hostswap-refresh.timer", "NextElapseUSecRealtime")).ShouldNotBeEmpty();
        // Type=notify: it has come up once hostctl says so, and fails for the reason that it tells.
        await host.RunAsync("systemctl", "start", "hostswap-refresh.service");
        await Poll.UntilAsync(
            "the end of the refresh",
            TimeSpan.FromSeconds(30),
            async _ => await host.PropertyAsync("hostswap-refresh.service", "ActiveState") == "failed",
            static () => "it runs",
            Token);
        (await host.PropertyAsync("hostswap-refresh.service", "ExecMainStatus")).ShouldBe($"{ExitCodes.Environment}");
        // The id that monitoring looks for, by its number: it never changes.
        var message = await host.RunAsync("journalctl", "--output", "json", "MESSAGE_ID=5f8d0b3c6f6e4f0e9d1f7a2b4c8e1a13");
        message.ShouldContain("\"HOSTSWAP_RESULT\":\"failed\"");
        message.ShouldContain("cannot be reached");
        (await host.RunAsync("systemd-analyze", "security", "--no-pager", "hostswap-refresh.service")).ShouldNotContain("UNSAFE");
    }

    [Fact]
    public async Task A_shutdown_is_held_up_while_VMs_move()
    {
        await using var host = await PackagedHost.StartAsync(Repository.Trixie);
        await host.InstallAsync(package.Inside);
        WriteActive(Path.Join(DebianPackage.Directory, "active.db"));
        await host.RunAsync("install", "-D", "--mode", "0600", $"{DebianPackage.Mount}/active.db", $"{State}/journal.db");
        // A Docker that is reached and does not answer: the swap begins, and goes no further.
        await host.RunAsync("sed", "--in-place", "s/^#timeout = \"30s\"/timeout = \"5m\"/", Configuration);
        await host.RunAsync("systemd-run", "--unit", "engine", "--property", "Type=exec", "nc", "-klU", "/run/docker.sock");
        await Poll.UntilAsync(
            "its socket",
            TimeSpan.FromSeconds(10),
            async _ => (await host.TryAsync("test", "-S", "/run/docker.sock")).ExitCode == 0,
            static () => "no socket",
            Token);
        (await InhibitorsAsync(host)).ShouldBeEmpty();

        await host.RunAsync("systemd-run", "--unit", "work", "--property", "Type=exec", "hostctl", "swap", "--yes");

        await AwaitInhibitorsAsync(host, static held => held.Contains("VMs move between host containers (swap)", StringComparison.Ordinal));
        // Killed, it holds nothing up any more.
        await host.RunAsync("systemctl", "kill", "--kill-whom=main", "--signal=KILL", "work.service");
        await AwaitInhibitorsAsync(host, static held => held.Length == 0);
    }

    private static async Task<string> InhibitorsAsync(PackagedHost host) =>
        string.Join('\n', DockerCli.Lines(await host.RunAsync("systemd-inhibit", "--list", "--no-legend", "--no-pager")).Where(static line => line.Contains("hostctl", StringComparison.Ordinal)));

    private static Task AwaitInhibitorsAsync(PackagedHost host, Predicate<string> condition)
    {
        var seen = "";
        return Poll.UntilAsync(
            "what holds a shutdown up",
            TimeSpan.FromSeconds(15),
            async _ => condition(seen = await InhibitorsAsync(host)),
            () => seen,
            Token);
    }

    /// <summary>A journal in which a generation is active, with nothing beside it that SQLite still has to bring in.</summary>
    private static void WriteActive(string path)
    {
        using var held = Orchestrator.Locking.OuterHostLock.Acquire(Path.Join(DebianPackage.Directory, "lock"), "test", TimeProvider.System);
        using var journal = SqliteJournal.Open(path, TimeProvider.System, held);
        journal.RecordGenerations([new GenerationRecord(1, "Active", "image", "sha256:image", Guid.NewGuid(), DateTimeOffset.UtcNow, RetiredAt: null)]);
    }

    [Fact]
    public async Task An_upgrade_keeps_settings_state_and_what_was_enabled()
    {
        await using var host = await PackagedHost.StartAsync(Repository.Trixie);
        await host.InstallAsync(package.Inside);
        await host.RunAsync("sed", "--in-place", "s/^#image = .*/image = \"mine\"/", Configuration);
        await host.RunAsync("systemctl", "disable", "hostswap-retire.timer");
        await host.RunAsync("systemctl", "enable", "hostswap-resume.service");
        // A stand-in for what a generation keeps there.
        await host.RunAsync("install", "-D", "--mode", "0600", Configuration, $"{State}/generations/1/libvirt/qemu/web.xml");
        var state = await host.StateAsync();

        await host.InstallAsync(package.NewerInside);

        (await host.RunAsync("dpkg-query", "--show", "--showformat", "${Version}", "hostswap"))
            .ShouldBe(DebianPackage.NewerVersion);
        (await host.RunAsync("grep", "^image", Configuration)).ShouldBe("image = \"mine\"");
        (await host.StateAsync()).ShouldBe(state);
        (await host.IsEnabledAsync("hostswap-retire.timer")).ShouldBe("disabled");
        (await host.IsEnabledAsync("hostswap-resume.service")).ShouldBe("enabled");

        var purged = await host.TryAsync("dpkg", "--purge", "hostswap");
        purged.ExitCode.ShouldBe(0, purged.Stderr);
        purged.Stderr.ShouldContain($"{State} is kept");
        (await host.StateAsync()).ShouldBe(state);
        (await host.TryAsync("ls", "/etc/hostswap")).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task A_hostctl_that_is_at_work_outlives_upgrade_and_removal()
    {
        await using var host = await PackagedHost.StartAsync(Repository.Trixie);
        await host.InstallAsync(package.Inside);
        // It makes the journal, and finds no Docker.
        (await host.TryAsync("hostctl", "init")).ExitCode.ShouldBe(ExitCodes.Environment);
        // A Docker that is reached and does not answer: what hostctl does then takes as long as the test wants.
        await host.RunAsync("sed", "--in-place", "s/^#timeout = \"30s\"/timeout = \"5m\"/", Configuration);
        await host.RunAsync("systemd-run", "--unit", "engine", "--property", "Type=exec", "nc", "-klU", "/run/docker.sock");
        await Poll.UntilAsync(
            "its socket",
            TimeSpan.FromSeconds(10),
            async _ => (await host.TryAsync("test", "-S", "/run/docker.sock")).ExitCode == 0,
            static () => "no socket",
            Token);
        await host.RunAsync("systemd-run", "--unit", "work", "--property", "Type=exec", "hostctl", "start");
        var process = await host.PropertyAsync("work.service", "MainPID");
        await Poll.UntilAsync(
            "hostctl to hold its lock",
            TimeSpan.FromSeconds(10),
            async _ => (await host.TryAsync("grep", $"\\b{process}\\b", "/run/hostswap/lock.holder")).ExitCode == 0,
            static () => "nobody, or another, holds it",
            Token);

        await host.InstallAsync(package.NewerInside);
        await host.RunAsync("dpkg", "--remove", "hostswap");

        (await host.PropertyAsync("work.service", "MainPID")).ShouldBe(process);
        (await host.PropertyAsync("work.service", "ActiveState")).ShouldBe("active");
        (await host.RunAsync("readlink", $"/proc/{process}/exe")).ShouldEndWith(" (deleted)");
        // It comes to an end of its own.
        await host.RunAsync("systemctl", "stop", "engine.service");
        var ended = "";
        await Poll.UntilAsync(
            "the end of hostctl",
            TimeSpan.FromSeconds(10),
            async _ => (ended = await host.PropertyAsync("work.service", "ActiveState")) == "failed",
            () => ended,
            Token);
        (await host.PropertyAsync("work.service", "ExecMainStatus")).ShouldBe($"{ExitCodes.Environment}");
    }

    [Fact]
    public async Task An_upgrade_brings_the_journal_up_to_date()
    {
        await using var host = await PackagedHost.StartAsync(Repository.Trixie);
        await host.InstallAsync(package.Inside);
        var old = Path.Join(DebianPackage.Directory, "journal.db");
        await using (JournalConnection.OpenForWriting(old, [.. JournalSchema.Migrations.SkipLast(1)])) { }
        await host.RunAsync("install", "-D", "--mode", "0600", $"{DebianPackage.Mount}/journal.db", $"{State}/journal.db");
        (await host.TryAsync("hostctl", "history")).Stderr.ShouldContain("older hostctl");

        await host.InstallAsync(package.NewerInside);

        (await host.TryAsync("hostctl", "history")).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_same_program_makes_the_same_package()
    {
        var directory = Path.Join(DebianPackage.Directory, "again");
        var again = await DebianPackage.BuildAsync([], Token, directory);

        (await File.ReadAllBytesAsync(again, Token)).ShouldBe(await File.ReadAllBytesAsync(package.Built, Token));
    }
}
