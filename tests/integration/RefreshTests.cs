using System.Text.Json;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Packages;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A package really gains a newer version, and the host is refreshed with it while its guests run.</summary>
public sealed class RefreshTests
{
    private static readonly TimeSpan Step = TimeSpan.FromMinutes(3);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>A window that began with this hour and ends with the next one.</summary>
    private static LabOptions Options => new LabOptions { Purpose = "refresh" }
        .With("refresh", "strategy = \"window\"", "soak = \"5s\"")
        .With("window.now", "start = \"0 * * * *\"", "duration = \"2h\"");

    [Fact]
    public async Task A_newer_package_comes_by_itself_and_only_once()
    {
        await using var world = await RefreshableLab.StartAsync(Options, "trixie", Token);
        var lab = world.Host;
        var source = await lab.GenerationAsync(1, Token);
        await lab.AddGuestsAsync(source, [new GuestSpec("db") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256, Autostart = true }, new GuestSpec("web")], Token);

        // No update means the same digest.
        var first = await DigestAsync(world);
        Document(await world.RefreshAsync(Token, "--build-only", "--format", "json")).GetProperty("changed").GetBoolean().ShouldBeFalse();
        (await DigestAsync(world)).ShouldBe(first);

        await world.PublishAsync("2.0", Token);
        var check = Document(await world.RefreshAsync(Token, "--check", "--format", "json")).GetProperty("refresh").GetProperty("updates");
        var found = check.GetProperty("packages").EnumerateArray().Single(static package => package.GetProperty("name").GetString() == RefreshableLab.Package);
        (found.GetProperty("from").GetString(), found.GetProperty("to").GetString(), found.GetProperty("security").GetBoolean()).ShouldBe(("1.0", "2.0", true));
        (await DigestAsync(world)).ShouldBe(first);

        await VetoesAreHeardAsync(world);

        await using (var witness = Witness.Start(lab.Guests))
        {
            var refresh = Document(await world.RefreshAsync(Token, "--scheduled", "--format", "json")).GetProperty("refresh");
            refresh.GetProperty("outcome").GetString().ShouldBe("done");
            refresh.GetProperty("window").GetString().ShouldBe("now");
            refresh.GetProperty("stages").EnumerateArray().Select(static stage => stage.GetProperty("stage").GetString())
                .ShouldBe(["check", "interlocks", "build", "interlocks", "swap", "soak", "tidy-up"]);
            await TheReportCanBeReadAsync(refresh.GetProperty("report").GetString()!);
            await Oracle.EveryGuestLivesOnAsync(lab, Token);
            await Oracle.NobodyRanTwiceAsync(witness);
        }

        await Oracle.GenerationsAreAsync(lab, active: 2, Token, others: 1);
        var target = await lab.GenerationAsync(2, Token);
        (await target.RunAsync(["cat", RefreshableLab.PackageFile], Token)).ShouldBe("2.0");
        (await DigestAsync(world)).ShouldNotBe(first);

        // This window has had its refresh, and a person's finds nothing to do.
        Document(await world.RefreshAsync(Token, "--scheduled", "--format", "json")).TryGetProperty("refresh", out _).ShouldBeFalse();
        var again = Document(await world.RefreshAsync(Token, "--yes", "--format", "json"));
        (again.GetProperty("changed").GetBoolean(), again.GetProperty("refresh").GetProperty("outcome").GetString()).ShouldBe((false, "nothing"));
        await Oracle.GenerationsAreAsync(lab, active: 2, Token, others: 1);
    }

    [Fact]
    public async Task Whatever_breaks_it_leaves_image_and_guests_as_they_were()
    {
        await using var world = await RefreshableLab.StartAsync(Options.With("migration", "canaries = \"all\""), "trixie", Token);
        var lab = world.Host;
        await lab.AddGuestAsync(await lab.GenerationAsync(1, Token), new GuestSpec("web"), Token);
        var first = await DigestAsync(world);

        // The operator's own part is wrong.
        var packages = Path.Join(world.Overlay, "packages");
        await File.WriteAllTextAsync(packages, $"{RefreshableLab.Package}\n--force-yes\n", Token);
        var wrong = await world.RefreshAsync(Token, "--yes");
        wrong.ExitCode.ShouldBe(ExitCodes.Environment, wrong.Describe());
        wrong.Error.ShouldContain("packages:2: \"--force-yes\" is no name of a package");
        await File.WriteAllTextAsync(packages, $"{RefreshableLab.Package}\n", Token);
        (await DigestAsync(world)).ShouldBe(first);

        await AnImageInWhichNoGuestArrivesIsRefusedAsync(world);

        // Killed in the middle of a build, twice.
        await world.PublishAsync("2.0", Token);
        for (var round = 0; round < 2; round++)
        {
            await using var refresh = lab.Hostctl.Start(["refresh", "--yes"]);
            await refresh.WaitForLineAsync("the build", static line => line.Contains("building", StringComparison.Ordinal), Step, Token);
            refresh.Send(Signal.Kill);
            (await refresh.WaitAsync(Step, Token)).ExitCode.ShouldBe(RunningProcess.KilledExitCode);
        }

        // Killed in the middle of the swap: for a person, who resumes.
        await using (var refresh = lab.Hostctl.Start(["refresh", "--yes"]))
        {
            await refresh.WaitForLineAsync("the move of web", static line => line.Contains("web", StringComparison.Ordinal) && line.Contains("moving", StringComparison.Ordinal), TimeSpan.FromMinutes(8), Token);
            refresh.Send(Signal.Kill);
            await refresh.WaitAsync(Step, Token);
        }

        await using var witness = Witness.Start(lab.Guests);
        (await world.RefreshAsync(Token, "--scheduled")).ExitCode.ShouldBe(ExitCodes.Unfinished);
        (await lab.Hostctl.RunAsync(["resume", "--yes"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        var target = await lab.ActiveAsync(Token);
        (await target.RunAsync(["cat", RefreshableLab.PackageFile], Token)).ShouldBe("2.0");
    }

    [Fact]
    public async Task What_its_window_ended_the_next_one_goes_on_with()
    {
        await using var world = await RefreshableLab.StartAsync(Options, "trixie", Token);
        var lab = world.Host;
        await lab.AddGuestAsync(await lab.GenerationAsync(1, Token), new GuestSpec("busy") { Dirty = new DirtyLoad(64, 40) }, Token);
        // From here on it is known how long a swap takes here.
        (await lab.Hostctl.RunAsync(["swap", "--yes", "--force"], Token)).ExitCode.ShouldBe(ExitCodes.Done);
        await world.PublishAsync("2.0", Token);
        Document(await world.RefreshAsync(Token, "--build-only", "--format", "json")).GetProperty("changed").GetBoolean().ShouldBeTrue();

        await using var witness = Witness.Start(lab.Guests);
        // A guest that dirties memory faster than it may be sent: without the window's end it would be copied for half an hour.
        await SetWindowAsync(lab, "3m", "bandwidth_mib_per_second = 1", "max_bandwidth_mib_per_second = 1", "auto_converge = false", "deadline_base = \"30m\"");
        var stopped = await world.RefreshAsync(Token, "--scheduled");
        stopped.ExitCode.ShouldBe(ExitCodes.Interrupted, stopped.Describe());
        stopped.Output.ShouldContain("window now ended");
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        (await lab.ActiveAsync(Token)).Number.ShouldBe(2);

        await SetWindowAsync(lab, "2h");
        Document(await world.RefreshAsync(Token, "--scheduled", "--format", "json")).GetProperty("refresh").GetProperty("outcome").GetString().ShouldBe("done");
        await Oracle.EveryGuestLivesOnAsync(lab, Token);
        await Oracle.NobodyRanTwiceAsync(witness);
        (await (await lab.ActiveAsync(Token)).RunAsync(["cat", RefreshableLab.PackageFile], Token)).ShouldBe("2.0");
    }

    /// <summary>A window that begins with this minute.</summary>
    private static Task SetWindowAsync(OuterHostLab lab, string duration, params string[] migration)
    {
        var now = DateTime.UtcNow;
        var start = string.Create(System.Globalization.CultureInfo.InvariantCulture, $"start = \"{now.Minute} {now.Hour} * * *\"");
        var options = lab.Options.Without("window.now", "start").Without("window.now", "duration")
            .With("window.now", start, $"duration = \"{duration}\"").With("refresh", "time_zone = \"UTC\"");
        return lab.ConfigureAsync(migration.Length == 0 ? options : options.With("migration", migration), Token);
    }

    /// <summary>The image is whole, its host comes up, and its QEMU takes no guest: a canary finds that out before any VM moves.</summary>
    private static async Task AnImageInWhichNoGuestArrivesIsRefusedAsync(RefreshableLab world)
    {
        var script = Path.Join(world.Overlay, "scripts/50-break");
        Directory.CreateDirectory(Path.GetDirectoryName(script)!);
        await File.WriteAllTextAsync(script, """
            #!/bin/sh
            set -eu
            mv /usr/bin/qemu-system-x86_64 /usr/bin/qemu-system-x86_64.real
            cat >/usr/bin/qemu-system-x86_64 <<'END'
            #!/bin/sh
            case " $* " in *" -incoming "*) echo "no guest arrives here" >&2; exit 1 ;; esac
            exec /usr/bin/qemu-system-x86_64.real "$@"
            END
            chmod 755 /usr/bin/qemu-system-x86_64
            """, Token);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var refused = await world.RefreshAsync(Token, "--yes", "--format", "json");
        refused.ExitCode.ShouldBe(ExitCodes.RefusedByPlan, refused.Describe());
        using var document = JsonDocument.Parse(refused.Output);
        var refresh = document.RootElement.GetProperty("refresh");
        refresh.GetProperty("outcome").GetString().ShouldBe("refused");
        refresh.GetProperty("summary").GetString()!.ShouldContain("canary");
        await Oracle.GenerationsAreAsync(world.Host, active: 1, Token);
        await Oracle.EveryGuestLivesOnAsync(world.Host, Token);
        File.Delete(script);
    }

    /// <summary>What it looks like is for eyes, which find the pictures in out/tests; that it is a page with everything on it is seen here.</summary>
    private static async Task TheReportCanBeReadAsync(string report)
    {
        var document = await Browser.DocumentAsync(report, Token);
        foreach (var word in new[] { "db", "web", "stood still", "It began by itself in window now", RefreshableLab.Package, "1.0", "2.0" }) document.ShouldContain(word);
        document.ShouldContain("<svg");
        document.ShouldNotContain("<script");
        var light = await Browser.PictureAsync(report, Path.Join(Repository.Output, "tests/report-light.png"), dark: false, Token);
        var dark = await Browser.PictureAsync(report, Path.Join(Repository.Output, "tests/report-dark.png"), dark: true, Token);
        // An empty page of that size has a few kilobytes.
        light.Length.ShouldBeGreaterThan(20_000);
        dark.ShouldNotBe(light, "it is as bright in the dark");
    }

    private static async Task VetoesAreHeardAsync(RefreshableLab world)
    {
        (await world.Host.Hostctl.RunAsync(["hold", "--reason", "a customer's launch"], Token)).Succeeded();
        var held = await world.RefreshAsync(Token, "--scheduled");
        held.ExitCode.ShouldBe(ExitCodes.Held, held.Describe());
        held.Output.ShouldContain("holds swaps: a customer's launch");
        (await world.Host.Hostctl.RunAsync(["release", "--all"], Token)).Succeeded();
    }

    private static Task<string> DigestAsync(RefreshableLab world) => DockerCli.RunAsync(["image", "inspect", "--format", "{{.Id}}", world.Image], Token);

    private static JsonElement Document(CommandResult result)
    {
        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.Clone();
    }
}
