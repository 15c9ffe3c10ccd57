using DotNet.Testcontainers.Configurations;
using DotNet.Testcontainers.Containers;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>The Debian package comes, is upgraded and goes on a whole Debian as it should on a server.</summary>
public sealed class PackageTests(DebianPackage package) : IClassFixture<DebianPackage>
{
    private const string Configuration = "/etc/hostswap/hostswap.toml";

    private const string State = "/var/lib/hostswap";

    private static readonly string[] Units =
    [
        "hostswap.service", "hostswap-memory.service", "hostswap-retire.service", "hostswap-retire.timer",
        "hostswap-display.service", "hostswap-resume.service",
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task It_is_installed_and_leaves_nothing(string image)
    {
        await using var container = await StartAsync(image);
        var before = await FilesAsync(container);

        await InstallAsync(container, package.Inside);

        var installed = await FilesAsync(container);
        foreach (var (path, mode) in new[]
        {
            ("/usr/bin/hostctl", "755"),
            ("/usr/lib/systemd/system/hostswap.service", "644"),
            ("/usr/share/bash-completion/completions/hostctl", "644"),
            ("/usr/share/fish/vendor_completions.d/hostctl.fish", "644"),
            ("/usr/share/man/man8/hostctl.8.gz", "644"),
            ("/usr/share/zsh/vendor-completions/_hostctl", "644"),
            (Configuration, "644"),
        })
        {
            installed.ShouldContain($"f {mode} root root {path}");
        }

        (await RunAsync(container, "dpkg", "--verify", "hostswap")).ShouldBeEmpty();
        (await RunAsync(container, "hostctl", "--version")).ShouldStartWith(package.Version);
        (await RunAsync(container, "hostctl", "--help")).ShouldContain("swap");
        // Every key is commented out, and it is understood: that there is no outer host yet is what 'retire' stumbles over.
        (await container.ExecAsync(["hostctl", "retire"], Token)).ExitCode.ShouldBe(ExitCodes.Environment);

        await RunAsync(container, "dpkg", "--remove", "hostswap");
        (await FilesAsync(container)).ShouldContain($"f 644 root root {Configuration}");
        await RunAsync(container, "dpkg", "--purge", "hostswap");
        (await FilesAsync(container)).ShouldBe(before);
        (await RunAsync(container, "systemctl", "list-units", "--all", "--no-legend", "--plain", "hostswap*")).ShouldBeEmpty();
    }

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task Its_units_are_understood_and_those_enabled_that_move_nothing(string image)
    {
        await using var container = await StartAsync(image);
        await InstallAsync(container, package.Inside);

        var verified = await container.ExecAsync(
            [
                "systemd-analyze", "verify", "--man=no", $"{DebianPackage.Mount}/docker.service",
                .. Units.Select(static unit => $"/usr/lib/systemd/system/{unit}"),
            ],
            Token);
        (verified.Stdout + verified.Stderr).ShouldBeEmpty();
        verified.ExitCode.ShouldBe(0);

        foreach (var unit in Units)
        {
            (await IsEnabledAsync(container, unit)).ShouldBe(unit switch
            {
                "hostswap-resume.service" or "hostswap-display.service" => "disabled",
                "hostswap-retire.service" => "static",
                _ => "enabled",
            }, unit);
            (await PropertyAsync(container, unit, "NeedDaemonReload")).ShouldBe("no", unit);
            (await PropertyAsync(container, unit, "ActiveState")).ShouldBe("inactive", unit);
        }
    }

    [Theory]
    [InlineData(Repository.Bookworm)]
    [InlineData(Repository.Trixie)]
    public async Task Its_units_leave_hostctl_what_it_needs(string image)
    {
        await using var container = await StartAsync(image);
        await InstallAsync(container, package.Inside);
        // Units only want it to run: there is no Docker that answers.
        await RunAsync(container, "cp", $"{DebianPackage.Mount}/docker.service", "/run/systemd/system/docker.service");
        await RunAsync(container, "sed", "--in-place", "$a [vm.web]\\ndisplay = \"127.0.0.1:5901\"", Configuration);
        await RunAsync(container, "systemctl", "daemon-reload");
        (await container.ExecAsync(["hostctl", "init"], Token)).ExitCode.ShouldBe(ExitCodes.Environment);
        await RunAsync(container, "umount", "/run/hostswap/memory");

        foreach (var unit in new[] { "hostswap-memory.service", "hostswap-display.service", "hostswap-retire.service" })
            await RunAsync(container, "systemctl", "start", unit);
        await RunAsync(container, "mountpoint", "/run/hostswap/memory");
        (await PropertyAsync(container, "hostswap-display.service", "ActiveState")).ShouldBe("active");
        (await PropertyAsync(container, "hostswap-retire.service", "Result")).ShouldBe("success");

        // All goes well until Docker is asked, and where it does not come up nothing is resumed.
        (await container.ExecAsync(["systemctl", "start", "hostswap-resume.service"], Token)).ExitCode.ShouldNotBe(0);
        (await RunAsync(container, "journalctl", "--unit", "hostswap.service"))
            .ShouldContain("Docker at unix:///var/run/docker.sock cannot be reached");
        (await PropertyAsync(container, "hostswap-resume.service", "ExecMainStartTimestampMonotonic")).ShouldBe("0");

        // With generations up it runs, and comes to where it looks for the active one.
        await RunAsync(container, "systemctl", "stop", "hostswap.service");
        await RunAsync(
            container, "install", "-D", $"{DebianPackage.Mount}/started.conf", "/run/systemd/system/hostswap.service.d/started.conf");
        await RunAsync(container, "systemctl", "daemon-reload");
        await RunAsync(container, "systemctl", "start", "hostswap-resume.service");
        await Poll.UntilAsync(
            "the end of the resumption",
            TimeSpan.FromSeconds(20),
            async _ => await PropertyAsync(container, "hostswap-resume.service", "ActiveState") == "failed",
            static () => "it runs",
            Token);
        (await RunAsync(container, "journalctl", "--unit", "hostswap-resume.service")).ShouldContain("no generation is active");
    }

    [Fact]
    public async Task An_upgrade_keeps_settings_state_and_what_was_enabled()
    {
        await using var container = await StartAsync(Repository.Trixie);
        await InstallAsync(container, package.Inside);
        await RunAsync(container, "sed", "--in-place", "s/^#image = .*/image = \"mine\"/", Configuration);
        await RunAsync(container, "systemctl", "disable", "hostswap-retire.timer");
        await RunAsync(container, "systemctl", "enable", "hostswap-resume.service");
        // A stand-in for what a generation keeps there.
        await RunAsync(container, "install", "-D", "--mode", "0600", Configuration, $"{State}/generations/1/libvirt/qemu/web.xml");
        var state = await StateAsync(container);

        await InstallAsync(container, package.NewerInside);

        (await RunAsync(container, "dpkg-query", "--show", "--showformat", "${Version}", "hostswap"))
            .ShouldBe(DebianPackage.NewerVersion);
        (await RunAsync(container, "grep", "^image", Configuration)).ShouldBe("image = \"mine\"");
        (await StateAsync(container)).ShouldBe(state);
        (await IsEnabledAsync(container, "hostswap-retire.timer")).ShouldBe("disabled");
        (await IsEnabledAsync(container, "hostswap-resume.service")).ShouldBe("enabled");

        var purged = await container.ExecAsync(["dpkg", "--purge", "hostswap"], Token);
        purged.ExitCode.ShouldBe(0, purged.Stderr);
        purged.Stderr.ShouldContain($"{State} is kept");
        (await StateAsync(container)).ShouldBe(state);
        (await container.ExecAsync(["ls", "/etc/hostswap"], Token)).ExitCode.ShouldNotBe(0);
    }

    [Fact]
    public async Task A_hostctl_that_is_at_work_outlives_upgrade_and_removal()
    {
        await using var container = await StartAsync(Repository.Trixie);
        await InstallAsync(container, package.Inside);
        // It makes the journal, and finds no Docker.
        (await container.ExecAsync(["hostctl", "init"], Token)).ExitCode.ShouldBe(ExitCodes.Environment);
        // A Docker that is reached and does not answer: what hostctl does then takes as long as the test wants.
        await RunAsync(container, "sed", "--in-place", "s/^#timeout = \"30s\"/timeout = \"5m\"/", Configuration);
        await RunAsync(container, "systemd-run", "--unit", "engine", "--property", "Type=exec", "nc", "-klU", "/run/docker.sock");
        await RunAsync(container, "systemd-run", "--unit", "work", "--property", "Type=exec", "hostctl", "start");
        var process = await PropertyAsync(container, "work.service", "MainPID");
        await Poll.UntilAsync(
            "hostctl to hold its lock",
            TimeSpan.FromSeconds(10),
            async token => (await container.ExecAsync(["grep", $"\\b{process}\\b", "/run/hostswap/lock.holder"], token)).ExitCode == 0,
            static () => "nobody, or another, holds it",
            Token);

        await InstallAsync(container, package.NewerInside);
        await RunAsync(container, "dpkg", "--remove", "hostswap");

        (await PropertyAsync(container, "work.service", "MainPID")).ShouldBe(process);
        (await PropertyAsync(container, "work.service", "ActiveState")).ShouldBe("active");
        (await RunAsync(container, "readlink", $"/proc/{process}/exe")).ShouldEndWith(" (deleted)");
        // It comes to an end of its own.
        await RunAsync(container, "systemctl", "stop", "engine.service");
        var ended = "";
        await Poll.UntilAsync(
            "the end of hostctl",
            TimeSpan.FromSeconds(10),
            async _ => (ended = await PropertyAsync(container, "work.service", "ActiveState")) == "failed",
            () => ended,
            Token);
        (await PropertyAsync(container, "work.service", "ExecMainStatus")).ShouldBe($"{ExitCodes.Environment}");
    }

    [Fact]
    public async Task An_upgrade_brings_the_journal_up_to_date()
    {
        await using var container = await StartAsync(Repository.Trixie);
        await InstallAsync(container, package.Inside);
        var old = Path.Join(DebianPackage.Directory, "journal.db");
        await using (JournalConnection.OpenForWriting(old, [.. JournalSchema.Migrations.SkipLast(1)])) { }
        await RunAsync(container, "install", "-D", "--mode", "0600", $"{DebianPackage.Mount}/journal.db", $"{State}/journal.db");
        (await container.ExecAsync(["hostctl", "history"], Token)).Stderr.ShouldContain("older hostctl");

        await InstallAsync(container, package.NewerInside);

        (await container.ExecAsync(["hostctl", "history"], Token)).ExitCode.ShouldBe(0);
    }

    [Fact]
    public async Task The_same_program_makes_the_same_package()
    {
        var directory = Path.Join(DebianPackage.Directory, "again");
        var again = await DebianPackage.BuildAsync([], Token, directory);

        (await File.ReadAllBytesAsync(again, Token)).ShouldBe(await File.ReadAllBytesAsync(package.Built, Token));
    }

    private static async Task<IContainer> StartAsync(string image)
    {
        var container = HostContainer.Of(image)
            .WithBindMount(DebianPackage.Directory, DebianPackage.Mount, AccessMode.ReadOnly)
            .Build();
        try
        {
            await container.StartAsync(Token);
            (await HostContainer.AwaitBootAsync(container, Token)).ShouldBe("running");
            return container;
        }
        catch
        {
            await container.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// A host image has no Docker, which is the outer host's, and here is no network to fetch it by; all other dependencies
    /// must be met. Such images are also told to install no documentation.
    /// </summary>
    private static Task<string> InstallAsync(IContainer container, string file) => RunAsync(
        container,
        "dpkg",
        "--ignore-depends=docker.io,docker-ce",
        "--path-include=/usr/share/doc/hostswap/*",
        "--path-include=/usr/share/man/man8/*",
        "--install",
        file);

    /// <summary>Runs a program that must succeed, and returns what it printed.</summary>
    private static async Task<string> RunAsync(IContainer container, params string[] command)
    {
        var result = await container.ExecAsync(command, Token);
        return result.ExitCode == 0
            ? result.Stdout.Trim()
            : throw new LabException(
                $"{string.Join(' ', command)}: exit code {result.ExitCode}\n{result.Stdout}\n{result.Stderr}");
    }

    private static async Task<string> IsEnabledAsync(IContainer container, string unit) =>
        (await container.ExecAsync(["systemctl", "is-enabled", unit], Token)).Stdout.Trim();

    private static Task<string> PropertyAsync(IContainer container, string unit, string property) =>
        RunAsync(container, "systemctl", "show", "--value", "--property", property, unit);

    /// <summary>Type, mode, owner and path of every file, but for what dpkg, systemd and logs note of themselves.</summary>
    private static async Task<IReadOnlyList<string>> FilesAsync(IContainer container)
    {
        var files = DockerCli.Lines(await RunAsync(container, "find", "/", "-xdev", "-printf", "%y %m %u %g %p\n"));
        string[] notes = ["/var/log/", "/var/lib/dpkg/", "/var/cache/", "/var/lib/systemd/timers/"];
        return
        [
            .. files
                .Where(file => !Array.Exists(notes, note => file.Contains(note, StringComparison.Ordinal)))
                .Order(StringComparer.Ordinal),
        ];
    }

    /// <summary>The state directory with modes, times of change and contents' checksums.</summary>
    private static async Task<string> StateAsync(IContainer container) =>
        await RunAsync(container, "find", State, "-printf", "%y %m %u %g %T+ %p\n")
        + await RunAsync(container, "find", State, "-type", "f", "-exec", "sha256sum", "{}", "+");
}
