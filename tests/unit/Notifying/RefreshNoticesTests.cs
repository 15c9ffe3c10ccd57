using HostSwap.Orchestrator.Notifying;
using HostSwap.Orchestrator.Refreshing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Notifying;

public sealed class RefreshNoticesTests
{
    private static readonly DateTimeOffset Night = new(2026, 12, 5, 2, 30, 0, TimeSpan.Zero);

    private static readonly RefreshRecord Record = new(4, Scheduled: true, Night, RefreshOutcome.Done, "every VM was moved")
    {
        FinishedAt = Night.AddMinutes(20),
        Operation = 12,
        Report = "/var/lib/hostswap/reports/12.html",
        Window = new OpenWindow("night", Night, Night.AddHours(1)),
        Stages = [new RefreshStageRecord(RefreshStage.Swap, Night, Night, "2 VMs moved")],
        Warnings = ["one warning"],
    };

    [Fact]
    public void A_notice_tells_what_came_of_it_stage_by_stage()
    {
        var notice = RefreshNotices.Of(Record, before: null).ShouldNotBeNull();

        (notice.Kind, notice.Subject, notice.Operation, notice.ReportFile, notice.At).ShouldBe(
            (NoticeKind.Success, "refreshed: every VM was moved", 12, "/var/lib/hostswap/reports/12.html", Night.AddMinutes(20)));
        notice.Text.ShouldBe(["every VM was moved", "", "Swap: 2 VMs moved", "", "Warnings:", "one warning"]);
    }

    [Theory]
    [InlineData(RefreshOutcome.Nothing, null)]
    [InlineData(RefreshOutcome.Ended, null)]
    [InlineData(RefreshOutcome.Vetoed, NoticeKind.Veto)]
    [InlineData(RefreshOutcome.Deferred, NoticeKind.Veto)]
    [InlineData(RefreshOutcome.Refused, NoticeKind.Failure)]
    [InlineData(RefreshOutcome.Failed, NoticeKind.Failure)]
    [InlineData(RefreshOutcome.FailedOnBothSides, NoticeKind.Failure)]
    [InlineData(RefreshOutcome.Stopped, NoticeKind.Failure)]
    [InlineData(RefreshOutcome.RolledBack, NoticeKind.Failure)]
    [InlineData(RefreshOutcome.NeedsPerson, NoticeKind.Failure)]
    public void Its_kind_follows_from_the_outcome(RefreshOutcome outcome, NoticeKind? kind) =>
        RefreshNotices.Of(Record with { Outcome = outcome }, before: null)?.Kind.ShouldBe(kind.ShouldNotBeNull());

    [Fact]
    public void The_same_answer_in_the_same_window_is_told_once()
    {
        var veto = Record with { Outcome = RefreshOutcome.Vetoed, Operation = null };

        RefreshNotices.Of(veto with { Id = 5 }, veto).ShouldBeNull();
        RefreshNotices.Of(veto with { Id = 5, Summary = "another" }, veto).ShouldNotBeNull();
        RefreshNotices.Of(veto with { Id = 5, Window = new OpenWindow("night", Night.AddDays(1), Night.AddDays(1).AddHours(1)) }, veto).ShouldNotBeNull();
        RefreshNotices.Of(Record with { Id = 5 }, Record).ShouldNotBeNull();
    }

    [Fact]
    public void Whoever_looks_by_hand_is_told_nothing_besides()
    {
        RefreshNotices.Of(Record with { Scheduled = false, Operation = null, Outcome = RefreshOutcome.Failed }, before: null).ShouldBeNull();
        RefreshNotices.Of(Record with { Scheduled = false }, before: null).ShouldNotBeNull();
    }
}
