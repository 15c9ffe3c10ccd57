using System.CommandLine;
using HostSwap.Hostctl;
using HostSwap.Hostctl.Commands;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class GrammarTests : IDisposable
{
    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("swap", "--help")]
    [InlineData("vm", "list", "-h")]
    [InlineData("version")]
    [InlineData("version", "--format", "json")]
    public async Task Help_and_version_open_nothing(params string[] arguments)
    {
        (await _hostctl.RunAsync(arguments)).ShouldBe(ExitCode.Done);

        _hostctl.Opened.ShouldBe(0);
        _hostctl.ConfigPaths.ShouldBeEmpty();
        _hostctl.Out.ShouldNotBeEmpty();
        _hostctl.Error.ShouldBeEmpty();
    }

    [Theory]
    [InlineData]
    [InlineData("vm")]
    [InlineData("frobnicate")]
    [InlineData("status", "--frobnicate")]
    [InlineData("status", "extra")]
    [InlineData("status", "--format", "xml")]
    [InlineData("status", "--format")]
    [InlineData("start", "--format", "json")]
    [InlineData("plan", "--image", "")]
    [InlineData("plan", "--wait-jobs", "soon")]
    [InlineData("swap", "--yes", "--wait-jobs=8d")]
    [InlineData("status", "--wait-jobs")]
    [InlineData("plan", "--image", "two words")]
    [InlineData("swap", "--image", "-oops")]
    [InlineData("swap", "--image")]
    [InlineData("history", "--limit", "0")]
    [InlineData("history", "--limit", "-3")]
    [InlineData("history", "--limit", "many")]
    [InlineData("history", "--limit", "99999999999")]
    [InlineData("show")]
    [InlineData("show", "abc")]
    [InlineData("show", "0")]
    [InlineData("show", "99999999999999999999999")]
    [InlineData("console")]
    [InlineData("console", "a", "b")]
    [InlineData("exec")]
    [InlineData("shell", "ls")]
    [InlineData("--config")]
    public async Task A_wrong_command_line_is_told_on_stderr_and_opens_nothing(params string[] arguments)
    {
        (await _hostctl.RunAsync(arguments)).ShouldBe(ExitCode.Usage);

        _hostctl.Out.ShouldBeEmpty();
        _hostctl.Error.ShouldContain("--help' shows what is possible");
        _hostctl.Opened.ShouldBe(0);
    }

    [Fact]
    public async Task A_misspelled_verb_is_suggested()
    {
        (await _hostctl.RunAsync("stauts")).ShouldBe(ExitCode.Usage);

        _hostctl.Error.ShouldContain("status");
        _hostctl.Error.ShouldNotContain("Required command");
    }

    [Fact]
    public async Task Help_lists_every_exit_code()
    {
        await _hostctl.RunAsync("--help");

        foreach (var code in Enum.GetValues<ExitCode>()) _hostctl.Out.ShouldContain($"{(int)code,2}  ");
        ExitCodes.All.Select(entry => entry.Code).ShouldBe(Enum.GetValues<ExitCode>());
    }

    [Fact]
    public async Task Arguments_that_begin_with_an_at_sign_are_not_read_as_files()
    {
        (await _hostctl.RunAsync("exec", "cat", "@/etc/hostname")).ShouldBe(ExitCode.Done);

        _hostctl.Children.Commands.Single()[^1].ShouldBe("@/etc/hostname");
    }

    [Fact]
    public async Task The_configuration_file_is_passed_on_from_before_or_after_the_verb()
    {
        await _hostctl.RunAsync("--config", "/a.toml", "status");
        await _hostctl.RunAsync("status", "--config", "/b.toml");
        await _hostctl.RunAsync("status");

        _hostctl.ConfigPaths.ShouldBe(["/a.toml", "/b.toml", null]);
    }

    [Fact]
    public async Task Completions_come_from_the_grammar()
    {
        (await _hostctl.RunAsync("[suggest:1]", "s")).ShouldBe(ExitCode.Done);

        _hostctl.Out.ShouldContain("swap");
        _hostctl.Out.ShouldContain("status");
        _hostctl.Opened.ShouldBe(0);
    }

    [Fact]
    public void Every_verb_and_option_has_a_description()
    {
        var root = new HostctlCommand(Services());

        foreach (var command in All(root))
        {
            command.Description.ShouldNotBeNullOrWhiteSpace(command.Name);
            foreach (var option in command.Options) option.Description.ShouldNotBeNullOrWhiteSpace(option.Name);
            foreach (var argument in command.Arguments) argument.Description.ShouldNotBeNullOrWhiteSpace(argument.Name);
        }
    }

    [Theory]
    [InlineData(OperationResult.Done, ExitCode.Done)]
    [InlineData(OperationResult.NothingToDo, ExitCode.NothingToDo)]
    [InlineData(OperationResult.Refused, ExitCode.RefusedByPlan)]
    [InlineData(OperationResult.Declined, ExitCode.Declined)]
    [InlineData(OperationResult.FailedOnOldSide, ExitCode.FailedOldSide)]
    [InlineData(OperationResult.FailedOnBothSides, ExitCode.FailedBothSides)]
    [InlineData(OperationResult.Interrupted, ExitCode.Interrupted)]
    [InlineData(OperationResult.NeedsPerson, ExitCode.NeedsPerson)]
    [InlineData(OperationResult.Running, ExitCode.InternalError)]
    internal void Every_result_has_its_exit_code(OperationResult result, ExitCode code) =>
        ExitCodes.From(result).ShouldBe(code);

    [Fact]
    public void Every_exception_has_its_exit_code()
    {
        ExitCodes.From(new UsageException("m", "r"), false).ShouldBe(ExitCode.Usage);
        ExitCodes.From(new EnvironmentException("m", "r"), false).ShouldBe(ExitCode.Environment);
        ExitCodes.From(new LockedException("m", "r"), false).ShouldBe(ExitCode.Locked);
        ExitCodes.From(new FencedException("f", "h"), true).ShouldBe(ExitCode.Locked);
        ExitCodes.From(new JournalException("f", "m", "r"), false).ShouldBe(ExitCode.Environment);
        ExitCodes.From(new AdapterException("docker", "ping", "m"), false).ShouldBe(ExitCode.Environment);
        ExitCodes.From(new DeadlineException("it", TimeSpan.FromSeconds(1), "nothing"), false).ShouldBe(ExitCode.Environment);
        ExitCodes.From(new OwnershipException("m"), false).ShouldBe(ExitCode.NeedsPerson);
        ExitCodes.From(new OperationCanceledException(), true).ShouldBe(ExitCode.Interrupted);
        ExitCodes.From(new OperationCanceledException(), false).ShouldBe(ExitCode.InternalError);
        ExitCodes.From(new InvalidOperationException(), true).ShouldBe(ExitCode.InternalError);
    }

    internal static HostctlServices Services() => HostctlServices.ForThisProcess();

    internal static IEnumerable<Command> All(Command command) => command.Subcommands.SelectMany(All).Prepend(command);
}
