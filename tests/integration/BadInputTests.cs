using HostSwap.IntegrationTests.Support;
using HostSwap.Lab.Hosts;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>An outer host that exists only as a configuration: no bad input may get as far as Docker.</summary>
public sealed class ConfiguredWorld : IAsyncLifetime
{
    private OuterHostLab? _lab;

    /// <summary>The lab.</summary>
    public OuterHostLab Lab => _lab!;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() =>
        _lab = await OuterHostLab.CreateAsync(new LabOptions { Purpose = "bad input" }, TestContext.Current.CancellationToken);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lab is not null) await _lab.DisposeAsync();
    }
}

/// <summary>What is typed or configured wrongly is refused with the place named, and nothing is touched.</summary>
public sealed class BadInputTests(ConfiguredWorld world) : IClassFixture<ConfiguredWorld>
{
    /// <summary>Every verb, with what it needs to be complete.</summary>
    private static readonly string[][] Verbs =
    [
        ["init"],
        ["start"],
        ["status"],
        ["plan"],
        ["swap", "--yes"],
        ["history"],
        ["show", "1"],
        ["vm", "list"],
        ["console", "vm"],
        ["doctor"],
        ["version"],
    ];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Index of each verb.</summary>
    public static IEnumerable<TheoryDataRow<string>> VerbLines => Verbs.Select(static verb => new TheoryDataRow<string>(string.Join(' ', verb)));

    /// <summary>Arguments that no verb may accept.</summary>
    public static IEnumerable<TheoryDataRow<string, string>> WrongArguments =>
    [
        new("status --format yaml", "yaml"),
        new("plan --format", "--format"),
        new("plan --image", "--image"),
        new("start --image", "--image"),
        new("swap --yes --format xml", "xml"),
        new("swap", "--yes"),
        new("show", ""),
        new("show notanumber", "notanumber"),
        new("show 99999999999999999999", "99999999999999999999"),
        new("history --limit minus", "minus"),
        new("vm", ""),
        new("vm burn", "burn"),
        new("console", ""),
        new("exec", ""),
        new("frobnicate", "frobnicate"),
        new("status extra", "extra"),
    ];

    /// <summary>Broken configurations with the line and the word that must be named.</summary>
    public static IEnumerable<TheoryDataRow<string, int, string>> WrongConfigurations =>
    [
        new("image = \"hostswap/host:trixie\"\ncolour = \"red\"\n", 2, "colour"),
        new("image = 7\n", 1, "image"),
        new("[migration]\n\nparallel = \"many\"\n", 3, "parallel"),
        new("[migration]\nbandwidth_mib_per_second = -4\n", 2, "bandwidth"),
        new("[docker]\nsubnet = \"10.0.0.0/99\"\n", 2, "subnet"),
        new("[storage]\nshared = [\"relative/path\"]\n", 2, "shared"),
        new("[storage]\nshared = [\"/etc\"]\n", 2, "/etc"),
        new("[generation]\nready_timeout = \"soon\"\n", 2, "ready_timeout"),
        new("[generaton]\nready_timeout = \"5s\"\n", 1, "generaton"),
        new("image = \"unfinished\nroot = \"/\"\n", 1, ""),
        new("image = \"a:b\"\nimage = \"c:d\"\n", 2, "image"),
    ];

    [Theory]
    [MemberData(nameof(VerbLines))]
    public async Task Every_verb_refuses_an_unknown_flag(string verb)
    {
        var result = await world.Lab.Hostctl.RunAsync([.. verb.Split(' '), "--no-such-flag"], Token);

        result.ExitCode.ShouldBe(ExitCodes.Usage, result.Describe());
        result.Error.ShouldContain("--no-such-flag");
        await NothingWasMadeAsync();
    }

    [Theory]
    [MemberData(nameof(WrongArguments))]
    public async Task Wrong_arguments_are_named(string line, string named)
    {
        var result = await world.Lab.Hostctl.RunAsync(line.Split(' '), Token);

        result.ExitCode.ShouldBe(ExitCodes.Usage, result.Describe());
        result.Error.ShouldContain(named);
        await NothingWasMadeAsync();
    }

    [Theory]
    [MemberData(nameof(WrongConfigurations))]
    public async Task A_wrong_configuration_is_told_with_file_line_and_key(string text, int line, string named)
    {
        var file = Path.Join(world.Lab.Root, $"wrong-{Guid.NewGuid():N}.toml");
        await File.WriteAllTextAsync(file, text, Token);

        foreach (var verb in new[] { "status", "init", "plan" })
        {
            var result = await world.Lab.Hostctl.RunAsync(["--config", file, verb], Token);
            result.ExitCode.ShouldBe(ExitCodes.Usage, result.Describe());
            result.Error.ShouldContain($"{file}:{line}");
            result.Error.ShouldContain(named);
        }

        await NothingWasMadeAsync();
    }

    [Fact]
    public async Task A_configuration_that_does_not_exist_is_named()
    {
        var result = await world.Lab.Hostctl.RunAsync(["--config", "/nonexistent/hostswap.toml", "status"], Token);

        result.ExitCode.ShouldBe(ExitCodes.Usage, result.Describe());
        result.Error.ShouldContain("/nonexistent/hostswap.toml");
    }

    [Theory]
    [InlineData("plan")]
    [InlineData("swap --yes")]
    [InlineData("exec -- true")]
    public async Task Verbs_that_need_an_initialised_host_say_so(string verb)
    {
        var result = await world.Lab.Hostctl.RunAsync(verb.Split(' '), Token);

        result.ExitCode.ShouldBe(ExitCodes.Environment, result.Describe());
        result.Error.ShouldContain("hostctl init");
        await NothingWasMadeAsync();
    }

    private async Task NothingWasMadeAsync()
    {
        (await world.Lab.ContainersAsync(Token)).ShouldBeEmpty();
        Directory.Exists(world.Lab.Paths.GenerationStates).ShouldBeFalse();
    }
}
