using HostSwap.Orchestrator.Adopting;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Adopting;

/// <summary>A command on the outer host itself: no shell, a limit of time and of what it may write.</summary>
public sealed class OuterCommandTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task It_reads_what_it_is_given_and_its_status_is_told()
    {
        (await RunAsync(["cat"], "a text")).ShouldBe(new CommandOutcome(0, "a text", ""));
        (await RunAsync(["sh", "-c", "echo no >&2; exit 3"])).ShouldBe(new CommandOutcome(3, "", "no\n"));
        (await RunAsync(["printf", "%s", "$HOME;"])).Output.ShouldBe("$HOME;");
    }

    [Fact]
    public async Task One_that_is_not_there_is_told() =>
        (await Should.ThrowAsync<AdapterException>(() => RunAsync(["/nowhere/virsh", "list"]))).Message.ShouldContain("/nowhere/virsh list");

    [Fact]
    public async Task One_that_goes_on_is_ended() =>
        (await Should.ThrowAsync<DeadlineException>(() => OuterCommand.RunAsync(null, ["sleep", "60"], TimeSpan.FromMilliseconds(300), input: null, CancellationToken.None)))
            .Message.ShouldContain("sleep 60");

    [Fact]
    public async Task One_that_writes_without_end_is_ended() =>
        (await Should.ThrowAsync<AdapterException>(() => RunAsync(["yes"]))).Message.ShouldContain("more than");

    private static Task<CommandOutcome> RunAsync(IReadOnlyList<string> command, string? input = null) =>
        OuterCommand.RunAsync(null, command, Limit, input, TestContext.Current.CancellationToken);
}
