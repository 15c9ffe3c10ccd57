using System.Text;
using System.Text.Json;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Verifying;
using HostSwap.UnitTests.Fakes;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Verifying;

public sealed class GuestAgentTests : IDisposable
{
    private const string BootId = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";

    private static readonly Guid Vm = Guid.NewGuid();

    private readonly FakeEngine _engine = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly Dictionary<string, string> _answers = new(StringComparer.Ordinal)
    {
        ["guest-get-time"] = """{"return":1767323046500000000}""",
        ["guest-file-open"] = """{"return":1000}""",
        ["guest-file-read"] = FileContent($"{BootId}\n"),
        ["guest-file-close"] = """{"return":{}}""",
    };

    public GuestAgentTests() => _engine.OnExecute = (_, command, _) =>
        _answers.TryGetValue(Execute(command), out var answer)
            ? new CommandOutcome(0, answer + "\n\n", "")
            : new CommandOutcome(1, "", "error: internal error: unable to execute QEMU agent command");

    public void Dispose() => _engine.Dispose();

    [Fact]
    public async Task Boot_id_and_clock_are_told()
    {
        var facts = await AskAsync();

        facts.BootId.ShouldBe(Guid.Parse(BootId));
        facts.Clock.ShouldBe(new GuestClock(TimeSpan.FromSeconds(1.5), TimeSpan.Zero));
        facts.Untold.ShouldBeNull();
    }

    [Fact]
    public async Task Questions_are_arguments_of_virsh_in_the_agents_words()
    {
        await AskAsync();

        foreach (var command in _engine.Executed)
            command.Take(9).ShouldBe(["virsh", "--quiet", "--connect", "qemu:///system", "qemu-agent-command", "--timeout", "2", Vm.ToString(), command[8]]);
        _engine.Executed.Select(command => command[8]).ShouldBe(
        [
            """{"execute":"guest-get-time"}""",
            """{"execute":"guest-file-open","arguments":{"path":"/proc/sys/kernel/random/boot_id","mode":"r"}}""",
            """{"execute":"guest-file-read","arguments":{"handle":1000,"count":64}}""",
            """{"execute":"guest-file-close","arguments":{"handle":1000}}""",
        ]);
    }

    [Fact]
    public async Task Where_no_channel_is_connected_nobody_is_asked()
    {
        (await AskAsync(connected: false)).ShouldBe(GuestFacts.NoAgent);
        _engine.Executed.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_silent_agent_is_asked_once_for_two_seconds_at_most()
    {
        _engine.OnExecute = (_, _, limit) =>
        {
            limit.ShouldBeLessThanOrEqualTo(TimeSpan.FromSeconds(2));
            throw new DeadlineException("docker to run virsh", limit, "no answer");
        };

        var facts = await AskAsync();

        (facts.BootId, facts.Clock).ShouldBe((null, null));
        facts.Untold!.ShouldContain("in vain");
        _engine.Executed.Count.ShouldBe(1);
    }

    [Fact]
    public async Task An_agent_that_may_not_open_files_still_tells_the_time()
    {
        _answers.Remove("guest-file-open");

        var facts = await AskAsync();

        facts.BootId.ShouldBeNull();
        facts.Clock.ShouldNotBeNull();
        facts.Untold.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("guest-get-time", "not json")]
    [InlineData("guest-get-time", "[]")]
    [InlineData("guest-get-time", """{"return":"soon"}""")]
    [InlineData("guest-get-time", """{"return":-1}""")]
    [InlineData("guest-get-time", """{"return":9223372036854775807}""")]
    [InlineData("guest-get-time", """{"return":1e300}""")]
    public async Task A_time_that_is_none_is_not_told(string command, string answer)
    {
        _answers[command] = answer;
        var clock = (await AskAsync()).Clock;
        if (clock is not null) clock.Offset.ShouldBeGreaterThan(TimeSpan.FromDays(1), "a time far away is still a time");
    }

    [Theory]
    [InlineData("guest-file-open", """{"return":{}}""")]
    [InlineData("guest-file-read", """{"return":7}""")]
    [InlineData("guest-file-read", """{"return":{"buf-b64":7}}""")]
    [InlineData("guest-file-read", """{"return":{"buf-b64":"***"}}""")]
    [InlineData("guest-file-read", """{"return":{"buf-b64":"AAAA"}}""")]
    [InlineData("guest-file-read", "{")]
    public async Task A_boot_id_that_is_none_is_not_told(string command, string answer)
    {
        _answers[command] = answer;
        (await AskAsync()).BootId.ShouldBeNull();
    }

    private static string FileContent(string text) =>
        $$$"""{"return":{"count":{{{text.Length}}},"buf-b64":"{{{Convert.ToBase64String(Encoding.ASCII.GetBytes(text))}}}","eof":false}}""";

    private static string Execute(IReadOnlyList<string> command)
    {
        using var question = JsonDocument.Parse(command[^1]);
        return question.RootElement.GetProperty("execute").GetString()!;
    }

    private Task<GuestFacts> AskAsync(bool connected = true) => new GuestAgent(_engine, _time).AskAsync(
        "hostswap-gen-1",
        Vm,
        DomainXmlReader.Read(DomainXmls.Plain(Vm, "web")) with { AgentConnected = connected },
        TestContext.Current.CancellationToken);
}
