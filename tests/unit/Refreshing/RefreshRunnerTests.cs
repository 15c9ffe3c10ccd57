using Cronos;
using HostSwap.Orchestrator;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Processes;
using HostSwap.Orchestrator.Refreshing;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Hostctl;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Refreshing;

/// <summary>A refresh from its beginning to its end, on a clock of its own.</summary>
public sealed class RefreshRunnerTests : IDisposable
{
    /// <summary>Half an hour into the window.</summary>
    private static readonly DateTimeOffset Night = new(2026, 12, 5, 2, 30, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly FakeTimeProvider _time = new(Night);
    private readonly FakeOuterHost _host = new() { Updates = Newer(security: false) };
    private readonly FakePrograms _programs = new();
    private readonly Watcher _watcher = new();
    private readonly List<RefreshRecord> _ended = [];
    private RefreshSettings _refresh = SettingsDefaults.Refresh with
    {
        Strategy = RefreshStrategy.Window,
        TimeZone = TimeZoneInfo.Utc,
        Soak = TimeSpan.Zero,
        Windows = [new MaintenanceWindow("night", "0 2 * * *", CronExpression.Parse("0 2 * * *"), TimeSpan.FromHours(1))],
    };

    public RefreshRunnerTests() => Directory.CreateDirectory(Settings.Paths.Runtime);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HostSwapSettings Settings => Samples.Settings(_root.FullName) with { Refresh = _refresh };

    private RefreshRecords Records => new(Settings.Paths.Refreshes);

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task All_stages_follow_each_other_and_the_record_tells_of_them()
    {
        var record = await RunAsync();

        record.Outcome.ShouldBe(RefreshOutcome.Done);
        record.Stages.Select(static stage => stage.Stage).ShouldBe(
            [RefreshStage.Check, RefreshStage.Interlocks, RefreshStage.Build, RefreshStage.Interlocks, RefreshStage.Swap, RefreshStage.Soak, RefreshStage.TidyUp]);
        (record.Changed, record.Operation, record.ImageId, record.Window?.Name, record.Scheduled).ShouldBe((true, 7, "sha256:newest", "night", true));
        record.Warnings.ShouldBe(["one warning"]);
        record.FinishedAt.ShouldNotBeNull();
        _host.Calls.ShouldContain($"swap  False {FailurePolicy.Rollback}");
        _watcher.Stages.ShouldBe(record.Stages.Select(static stage => stage.Stage));
        _watcher.Lines.ShouldBe(["building"]);
        _ended.ShouldHaveSingleItem().Outcome.ShouldBe(RefreshOutcome.Done);
        Records.Newest(5).ShouldHaveSingleItem().Summary.ShouldBe(record.Summary);
    }

    [Fact]
    public async Task Where_nothing_is_newer_nothing_is_touched()
    {
        _host.Updates = new UpdateReport(Night, "image", "sha256:a", "sha256:a", [], RecipeChanged: false);

        (await RunAsync()).ShouldSatisfyAllConditions(
            static record => record.Outcome.ShouldBe(RefreshOutcome.Nothing), static record => record.Changed.ShouldBeFalse());
        // This window's refresh was that one: nothing is looked for, and nothing recorded.
        (await TryAsync(scheduled: true)).Record.ShouldBeNull();
        _host.Calls.Count(static call => call == "check updates").ShouldBe(1);
    }

    [Fact]
    public async Task An_image_that_is_built_and_not_active_is_swapped_to()
    {
        _host.Updates = new UpdateReport(Night, "image", "sha256:b", "sha256:a", [], RecipeChanged: false);

        (await RunAsync()).Outcome.ShouldBe(RefreshOutcome.Done);
        _host.Calls.ShouldNotContain("build image");
    }

    [Theory]
    [InlineData(RefreshExtent.Check, RefreshOutcome.Ended, 0)]
    [InlineData(RefreshExtent.Build, RefreshOutcome.Ended, 1)]
    [InlineData(RefreshExtent.Plan, RefreshOutcome.Ended, 2)]
    public async Task Each_stage_can_be_run_alone(RefreshExtent extent, RefreshOutcome outcome, int last)
    {
        var record = (await TryAsync(scheduled: false, extent)).Record.ShouldNotBeNull();

        record.Outcome.ShouldBe(outcome);
        record.Stages.Select(static stage => stage.Stage).ShouldBe(new[] { RefreshStage.Check, RefreshStage.Build, RefreshStage.Plan }[..(last + 1)]);
        record.Changed.ShouldBe(last > 0);
        _host.Calls.ShouldNotContain(static call => call.StartsWith("swap", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Blockers_refuse_a_plan_and_say_why()
    {
        _host.Plan = Samples.Plan(Samples.Blocker());

        (await TryAsync(scheduled: false, RefreshExtent.Plan)).Record!.ShouldSatisfyAllConditions(
            static record => record.Outcome.ShouldBe(RefreshOutcome.Refused),
            static record => record.Summary.ShouldContain("db01: there is no room"));
    }

    [Fact]
    public async Task A_hold_vetoes_and_it_is_tried_again_while_the_window_is_open()
    {
        var hold = _host.PlaceHold("launch", "ada", until: null);

        (await RunAsync()).ShouldSatisfyAllConditions(
            static record => record.Outcome.ShouldBe(RefreshOutcome.Vetoed), static record => record.Summary.ShouldBe("ada holds swaps: launch"));
        _host.Calls.ShouldNotContain("build image");
        _host.Holds.Remove(hold);
        _time.Advance(TimeSpan.FromMinutes(15));
        (await RunAsync()).Outcome.ShouldBe(RefreshOutcome.Done);
    }

    [Fact]
    public async Task Who_vetoes_only_after_the_build_is_heard_too()
    {
        _refresh = _refresh with
        {
            Vetoes = [new VetoSource("backup", TimeSpan.FromSeconds(1)) { Command = ["/bin/idle"] }],
            Hooks = [new StageHook("start", HookMoment.AfterBuild, ["/bin/start-backup"], TimeSpan.FromSeconds(1), Required: true)],
        };
        var answers = new AnsweringPrograms(call => call.Command[0] == "/bin/idle" && _host.Calls.Contains("build image") ? new ProgramOutcome(1, "a backup began", "") : new ProgramOutcome(0, "", ""));

        (await TryAsync(scheduled: true, RefreshExtent.Whole, answers)).Record!.Summary.ShouldBe("backup: a backup began");
        _host.Calls.ShouldNotContain(static call => call.StartsWith("swap", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_would_not_end_within_the_window_does_not_begin()
    {
        // A copy of 512 MiB at an assumed 100 MiB a second, and three minutes besides: 4 min 38 s with the margin.
        _host.Operations.Clear();
        _time.SetUtcNow(new(2026, 12, 5, 2, 56, 0, TimeSpan.Zero));

        var record = await RunAsync();

        record.Outcome.ShouldBe(RefreshOutcome.Deferred);
        record.Summary.ShouldStartWith("window night ends in 4m, and the swap will take ");
        record.Summary.ShouldEndWith("since too little was measured here");
        record.Warnings.ShouldBe(["one warning"]);
        // By what a swap took that was measured, it fits.
        _host.Operations.Add(Samples.Operation());
        _time.SetUtcNow(new(2026, 12, 6, 2, 56, 0, TimeSpan.Zero));
        (await RunAsync()).Outcome.ShouldBe(RefreshOutcome.Done);
    }

    [Theory]
    [InlineData(EndOfWindow.Stop, RefreshOutcome.Stopped, false)]
    [InlineData(EndOfWindow.Rollback, RefreshOutcome.RolledBack, true)]
    public async Task A_swap_that_meets_its_windows_end_stops_in_order_or_goes_back(EndOfWindow end, RefreshOutcome outcome, bool back)
    {
        _refresh = _refresh with { AtWindowEnd = end };
        _host.DuringSwap = token =>
        {
            _host.DuringSwap = null;
            _host.Status = _host.Status with { UnfinishedSwap = 7 };
            _time.Advance(TimeSpan.FromHours(1));
            return token.IsCancellationRequested ? Task.CompletedTask : throw new InvalidOperationException("nobody stopped it");
        };

        var record = await RunAsync();

        record.Outcome.ShouldBe(outcome);
        record.Summary.ShouldStartWith("window night ended");
        _host.Calls.Contains($"rollback {FailurePolicy.Stop}").ShouldBe(back);
    }

    [Fact]
    public async Task The_next_window_goes_on_with_what_the_last_one_stopped()
    {
        Records.Write(new RefreshRecord(1, Scheduled: true, Night.AddDays(-1), RefreshOutcome.Stopped, "window night ended") { Operation = 7, FinishedAt = Night.AddDays(-1) });
        _host.Status = _host.Status with { UnfinishedSwap = 7 };

        (await RunAsync()).Outcome.ShouldBe(RefreshOutcome.Done);

        _host.Calls.ShouldContain($"resume  {FailurePolicy.Rollback} False");
        _host.Calls.ShouldNotContain("check updates");
    }

    [Fact]
    public async Task Anything_else_that_is_unfinished_is_for_a_person()
    {
        _host.Status = _host.Status with { UnfinishedSwap = 7 };

        await Should.ThrowAsync<UnfinishedException>(RunAsync);

        Records.Newest(1).ShouldHaveSingleItem().Outcome.ShouldBe(RefreshOutcome.Failed);
        _ended.ShouldHaveSingleItem();
    }

    [Theory]
    [InlineData(OperationResult.Refused, RefreshOutcome.Refused)]
    [InlineData(OperationResult.FailedOnOldSide, RefreshOutcome.FailedOnOldSide)]
    [InlineData(OperationResult.FailedOnBothSides, RefreshOutcome.FailedOnBothSides)]
    [InlineData(OperationResult.NeedsPerson, RefreshOutcome.NeedsPerson)]
    [InlineData(OperationResult.NothingToDo, RefreshOutcome.Nothing)]
    public async Task How_the_swap_ended_is_how_the_refresh_did(OperationResult result, RefreshOutcome outcome)
    {
        _host.Result = Samples.Result(result) with { Problems = ["a disk was full"] };

        var record = await RunAsync();

        record.Outcome.ShouldBe(outcome);
        if (outcome != RefreshOutcome.Nothing)
            record.Summary.ShouldEndWith("a disk was full");
        record.Stages.ShouldNotContain(static stage => stage.Stage == RefreshStage.Soak);
    }

    [Theory]
    [InlineData(SoakFailure.Report, RefreshOutcome.SoakFailed, false)]
    [InlineData(SoakFailure.Rollback, RefreshOutcome.RolledBack, true)]
    public async Task What_is_wrong_while_it_is_watched_is_reported_or_sent_back(SoakFailure policy, RefreshOutcome outcome, bool back)
    {
        _refresh = _refresh with { Soak = TimeSpan.FromMinutes(10), OnSoakFailure = policy };
        _host.Checks.Add(new HealthCheck("agent", HealthStatus.Error, "it has not answered for a year", "") { Subject = "old" });
        _host.DuringSwap = _ =>
        {
            _host.Checks.Add(new HealthCheck("units", HealthStatus.Error, "failed: ssh.service", "") { Subject = "gen-1" });
            _host.Checks.Add(new HealthCheck("disk", HealthStatus.Error, "its disk is gone", "") { Subject = "web" });
            return Task.CompletedTask;
        };

        var record = await RunAsync();

        record.Outcome.ShouldBe(outcome);
        record.Summary.ShouldStartWith("while the new generation was watched: web: its disk is gone");
        // A generation that was left, and what was wrong before, are no fault of the new one.
        _host.Calls.Contains($"rollback {FailurePolicy.Stop}").ShouldBe(back);
        _host.Calls.ShouldNotContain("prune images");
    }

    [Fact]
    public async Task It_is_watched_for_as_long_as_it_should_be()
    {
        _refresh = _refresh with { Soak = TimeSpan.FromMinutes(10) };

        var soak = (await RunAsync()).Stages.Single(static stage => stage.Stage == RefreshStage.Soak);

        (soak.FinishedAt!.Value - soak.StartedAt).ShouldBeInRange(TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(11));
        _host.Calls.Count(static call => call == "verify").ShouldBeGreaterThan(20);
    }

    [Theory]
    [InlineData(true, HookMoment.BeforeSwap, false)]
    [InlineData(false, HookMoment.BeforeSwap, true)]
    [InlineData(true, HookMoment.AfterSwap, true)]
    public async Task A_hook_that_fails_ends_it_before_the_swap_where_it_must_not(bool required, HookMoment moment, bool goesOn)
    {
        _refresh = _refresh with { Hooks = [new StageHook("tell", moment, ["/bin/tell"], TimeSpan.FromSeconds(1), required)] };
        _programs.Outcomes["/bin/tell"] = new ProgramOutcome(3, "no route", "");

        if (goesOn)
            (await RunAsync()).Warnings.ShouldContain("hook tell: it ended with 3: no route");
        else
            (await Should.ThrowAsync<HookException>(RunAsync)).Message.ShouldBe("hook tell: it ended with 3: no route");
        _host.Calls.Exists(static call => call.StartsWith("swap", StringComparison.Ordinal)).ShouldBe(goesOn);
        var environment = _programs.Calls.ShouldHaveSingleItem().Environment;
        environment["HOSTSWAP_STAGE"].ShouldBe(moment == HookMoment.BeforeSwap ? "before-swap" : "after-swap");
        environment["HOSTSWAP_RESULT"].ShouldBe(moment == HookMoment.BeforeSwap ? "" : "Done");
    }

    [Theory]
    [InlineData(true, new string[0], RefreshOutcome.Done)]
    [InlineData(true, new[] { "qemu-*", "lib*" }, RefreshOutcome.Done)]
    [InlineData(true, new[] { "qemu-*" }, RefreshOutcome.Ended)]
    [InlineData(false, new string[0], RefreshOutcome.Ended)]
    public async Task Outside_of_windows_only_what_is_urgent_begins(bool security, string[] urgent, RefreshOutcome outcome)
    {
        _refresh = _refresh with { Strategy = RefreshStrategy.Immediate, Urgent = urgent };
        _host.Updates = Newer(security);
        _time.SetUtcNow(Night.AddHours(9));

        (await RunAsync()).Outcome.ShouldBe(outcome);
    }

    [Fact]
    public async Task Two_do_not_run_at_once()
    {
        using var other = Orchestrator.Locking.OuterHostLock.Acquire(Settings.Paths.RefreshLock, "refresh", TimeProvider.System);

        await Should.ThrowAsync<LockedException>(RunAsync);
    }

    private static UpdateReport Newer(bool security) =>
        new(Night, "hostswap/host:trixie", "sha256:new", "sha256:new", [new PendingUpdate("libvirt0", "1", "2", "Debian", security)], RecipeChanged: false);

    private async Task<RefreshRecord> RunAsync() => (await TryAsync(scheduled: true)).Record.ShouldNotBeNull();

    private async Task<RefreshResult> TryAsync(bool scheduled, RefreshExtent extent = RefreshExtent.Whole, IProgramRunner? programs = null)
    {
        var running = new RefreshRunner(_host, Settings, programs ?? _programs, _time, _watcher).RunAsync(
            new RefreshRequest(extent, scheduled),
            record =>
            {
                _ended.Add(record);
                return Task.FromResult(record);
            },
            Token);
        // Whoever waits does so on this clock.
        while (await Task.WhenAny(running, Task.Delay(1, Token)) != running)
            _time.Advance(TimeSpan.FromSeconds(5));
        return await running;
    }

    private sealed class AnsweringPrograms(Func<ProgramCall, ProgramOutcome> answer) : IProgramRunner
    {
        public Task<ProgramOutcome> RunAsync(ProgramCall call, CancellationToken cancellationToken) => Task.FromResult(answer(call));
    }

    private sealed class Watcher : IRefreshObserver
    {
        public List<RefreshStage> Stages { get; } = [];

        public List<string> Lines { get; } = [];

        public void OnStageBegun(RefreshStage stage) => Stages.Add(stage);

        public void OnStageEnded(RefreshStageRecord stage) => stage.FinishedAt.ShouldNotBeNull();

        public void OnLine(string line) => Lines.Add(line);

        public void OnEvent(SwapEvent swapEvent)
        {
            // How a swap is shown is the presenters' matter.
        }
    }
}
