using HostSwap.Hostctl;
using HostSwap.Orchestrator.Notifying;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Hostctl;

public sealed class NotifyVerbTests : IDisposable
{
    private static readonly Notice Failed = Notice.Make(NoticeKind.Failure, Samples.At, "swap 7 failed", ["x"], 7);

    private readonly Harness _hostctl = new();

    public void Dispose() => _hostctl.Dispose();

    [Fact]
    public async Task A_test_says_what_each_target_answered()
    {
        _hostctl.Host.Delivery = new(Busy: false,
        [
            new("1", "a test", "admin", NoticeOutcome.Delivered, "sendmail has taken it", "", null),
            new("1", "a test", "chat", NoticeOutcome.Failed, "chat answered 500 \u001b[31m", "See its log.", null),
        ]);

        (await _hostctl.RunAsync("notify", "test", "chat")).ShouldBe(ExitCode.Environment);

        _hostctl.Host.Calls.ShouldBe(["test notices chat"]);
        _hostctl.Out.ShouldContain("admin: delivered: sendmail has taken it");
        _hostctl.Out.ShouldContain("chat: not delivered: chat answered 500 \\e[31m. See its log.");
    }

    [Fact]
    public async Task Where_nobody_is_told_a_test_has_nothing_to_do()
    {
        (await _hostctl.RunAsync("notify", "test")).ShouldBe(ExitCode.NothingToDo);
        _hostctl.Out.ShouldContain("[notify.\"NAME\"]");
    }

    [Fact]
    public async Task Delivering_tells_the_log_and_by_its_status_whether_all_is_well()
    {
        (await _hostctl.RunAsync("notify", "deliver")).ShouldBe(ExitCode.NothingToDo);
        _hostctl.Host.Delivery = new(Busy: true, []);
        (await _hostctl.RunAsync("notify", "deliver")).ShouldBe(ExitCode.Locked);
        _hostctl.Host.Delivery = new(Busy: false, [new(Failed.Id, Failed.Subject, "admin", NoticeOutcome.GivenUp, "away", "", null)]);
        (await _hostctl.RunAsync("notify", "deliver")).ShouldBe(ExitCode.Environment);
        _hostctl.Host.Delivery = new(Busy: false, [new(Failed.Id, Failed.Subject, "admin", NoticeOutcome.Delivered, "ok", "", null)]);
        (await _hostctl.RunAsync("notify", "deliver")).ShouldBe(ExitCode.Done);

        var log = await File.ReadAllTextAsync(Path.Join(_hostctl.LogDirectory, "hostctl.log"), TestContext.Current.CancellationToken);
        log.ShouldContain("\"NoticeOutcome\":\"given-up\"");
        log.ShouldContain("\"@l\":\"Error\"");
    }

    [Fact]
    public async Task Attempts_as_json_have_the_documented_shape()
    {
        _hostctl.Host.Delivery = new(Busy: false, [new(Failed.Id, Failed.Subject, "admin", NoticeOutcome.Failed, "away", "Look.", Samples.At)]);

        await _hostctl.RunAsync("notify", "deliver", "--format", "json");

        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/notice-attempts/1");
        _hostctl.Json.GetProperty("attempts")[0].EnumerateObject().Select(static member => member.Name).ShouldBe(["id", "subject", "target", "outcome", "answer", "nextAt"]);
    }

    [Fact]
    public async Task A_refresh_that_failed_is_told_and_what_cannot_be_told_changes_nothing()
    {
        Directory.CreateDirectory(Path.Join(Path.GetFullPath(Path.Join(_hostctl.LogDirectory, "../../../..")), "run/hostswap"));
        _hostctl.Host.Updates = new(Samples.At, "hostswap/host:trixie", "sha256:b", "sha256:a", [], RecipeChanged: false);
        _hostctl.Host.Delivery = new(Busy: false, [new(Failed.Id, Failed.Subject, "admin", NoticeOutcome.Failed, "away", "", Samples.At)]);

        (await _hostctl.RunAsync("refresh", "--yes")).ShouldBe(ExitCode.Done);

        _hostctl.Host.Calls.ShouldContain(static call => call.StartsWith("notify refreshed: ", StringComparison.Ordinal));
        _hostctl.Host.Calls.ShouldContain("deliver notices");
    }

    [Fact]
    public async Task What_waits_is_listed_with_the_reason()
    {
        _hostctl.Host.Waiting.Add(new WaitingNotice(Failed, "admin", Samples.At, 3, Samples.At.AddHours(1), "it is away"));

        await _hostctl.RunAsync("notify", "list");
        foreach (var text in new[] { Failed.Id, "failure", "admin", "swap 7 failed", "it is away" }) _hostctl.Out.ShouldContain(text);
    }

    [Fact]
    public async Task What_waits_as_json_has_the_documented_shape()
    {
        _hostctl.Host.Waiting.Add(new WaitingNotice(Failed, "admin", Samples.At, 3, Samples.At.AddHours(1), "it is away"));

        await _hostctl.RunAsync("notify", "list", "--format", "json");

        _hostctl.Json.GetProperty("schema").GetString().ShouldBe("hostswap/notices/1");
        _hostctl.Json.GetProperty("notices")[0].EnumerateObject().Select(static member => member.Name)
            .ShouldBe(["id", "kind", "subject", "target", "at", "operation", "attempts", "notBefore", "lastError"]);
    }
}
