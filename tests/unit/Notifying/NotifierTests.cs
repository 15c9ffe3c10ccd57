using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Holding;
using HostSwap.Orchestrator.Notifying;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Notifying;

/// <summary>What waits to be told, over time and over deaths.</summary>
public sealed class NotifierTests : IDisposable
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 3, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly FakeTimeProvider _time = new(Now);
    private readonly Dictionary<string, Receiver> _receivers = new(StringComparer.Ordinal);
    private readonly List<NotifyTarget> _targets = [];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Outbox => Path.Join(_root.FullName, "outbox");

    /// <summary>Another process each time: nothing is kept but on disk.</summary>
    private Notifier Notifier => new(_targets, Outbox, _time, address => _receivers[((CommandNotifyAddress)address).Arguments[0]]);

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_notice_waits_for_each_target_that_wants_it_until_it_is_delivered()
    {
        var (all, failures) = (Add("all"), Add("failures", NoticeKind.Failure));
        var notice = Notice.Make(NoticeKind.Success, Now, "swap 3 done", ["a", "b"], 3, "/x/report.html");

        Notifier.Enqueue(notice);
        Notifier.Waiting().ShouldHaveSingleItem().Target.ShouldBe("all");
        File.GetUnixFileMode(Directory.GetFiles(Outbox).Single()).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var delivery = await Notifier.DeliverDueAsync(Token);

        delivery.Busy.ShouldBeFalse();
        delivery.Attempts.ShouldBe([new NoticeAttempt(notice.Id, notice.Subject, "all", NoticeOutcome.Delivered, "thanks", "", NextAt: null)]);
        all.Got.ShouldHaveSingleItem().ShouldBe(notice with { Text = all.Got[0].Text });
        all.Got[0].Text.ShouldBe(["a", "b"]);
        failures.Got.ShouldBeEmpty();
        Notifier.Waiting().ShouldBeEmpty();
        (await Notifier.DeliverDueAsync(Token)).Attempts.ShouldBeEmpty();
    }

    [Fact]
    public async Task What_fails_is_tried_again_at_growing_distances_and_given_up_after_three_days()
    {
        var receiver = Add("a");
        receiver.Failure = new NotDeliveredException("it is away", "Look.");
        Notifier.Enqueue(Notice.Make(NoticeKind.Failure, Now, "s", []));

        var tried = new List<TimeSpan>();
        var last = new NoticeAttempt("", "", "", NoticeOutcome.Failed, "", "", null);
        while (last.Outcome == NoticeOutcome.Failed)
        {
            if ((await Notifier.DeliverDueAsync(Token)).Attempts is [var attempt])
            {
                tried.Add(_time.GetUtcNow() - Now);
                last = attempt;
            }

            _time.Advance(TimeSpan.FromMinutes(1));
        }

        tried.Take(6).ShouldBe(new[] { 0, 1, 6, 36, 156, 516 }.Select(minutes => TimeSpan.FromMinutes(minutes)));
        tried.Skip(6).Zip(tried.Skip(5), static (later, earlier) => later - earlier).ShouldAllBe(static pause => pause == TimeSpan.FromHours(6));
        tried[^1].ShouldBeInRange(TimeSpan.FromDays(3), TimeSpan.FromDays(3.25));
        (last.Outcome, last.Answer, last.Remedy).ShouldBe((NoticeOutcome.GivenUp, "it is away", "Look."));
        Notifier.Waiting().ShouldBeEmpty();
    }

    [Fact]
    public async Task One_that_has_waited_for_long_is_tried_once_all_the_same()
    {
        var receiver = Add("a");
        Notifier.Enqueue(Notice.Make(NoticeKind.Failure, Now, "s", []));
        _time.Advance(TimeSpan.FromDays(30));

        (await Notifier.DeliverDueAsync(Token)).Attempts.ShouldHaveSingleItem().Outcome.ShouldBe(NoticeOutcome.Delivered);
        receiver.Got.Count.ShouldBe(1);
    }

    [Fact]
    public async Task A_clock_that_is_put_back_keeps_nothing_waiting()
    {
        var receiver = Add("a");
        receiver.Failure = new NotDeliveredException("it is away", "");
        Notifier.Enqueue(Notice.Make(NoticeKind.Failure, Now, "s", []));
        await Notifier.DeliverDueAsync(Token);
        receiver.Failure = null;

        var earlier = new FakeTimeProvider(Now.AddYears(-1));
        (await new Notifier(_targets, Outbox, earlier, _ => receiver).DeliverDueAsync(Token)).Attempts.ShouldHaveSingleItem().Outcome.ShouldBe(NoticeOutcome.Delivered);
    }

    [Fact]
    public async Task A_target_that_is_away_holds_up_no_other_and_is_asked_once_a_call()
    {
        var (away, there) = (Add("away"), Add("there"));
        away.Failure = new NotDeliveredException("it is away", "");
        foreach (var subject in new[] { "one", "two", "three" })
        {
            Notifier.Enqueue(Notice.Make(NoticeKind.Failure, Now, subject, []));
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        await Notifier.DeliverDueAsync(Token);

        there.Got.Select(static notice => notice.Subject).ShouldBe(["one", "two", "three"]);
        away.Calls.ShouldBe(1);
        // The one that it did not take does not stand in the others' way.
        await Notifier.DeliverDueAsync(Token);
        away.Calls.ShouldBe(2);
        Notifier.Waiting().ShouldAllBe(static waiting => waiting.Target == "away");
        Notifier.Waiting().Select(static waiting => waiting.Attempts).ShouldBe([1, 1, 0]);
    }

    [Fact]
    public async Task No_two_deliver_at_once_and_what_comes_meanwhile_is_delivered_too()
    {
        var receiver = Add("a");
        var gate = new TaskCompletionSource();
        receiver.Before = () => gate.Task;
        Notifier.Enqueue(Notice.Make(NoticeKind.Failure, Now, "one", []));
        var first = Notifier.DeliverDueAsync(Token);

        var second = Notifier;
        second.Enqueue(Notice.Make(NoticeKind.Failure, Now, "two", []));
        (await second.DeliverDueAsync(Token)).ShouldSatisfyAllConditions(
            static delivery => delivery.Busy.ShouldBeTrue(),
            static delivery => delivery.Attempts.ShouldBeEmpty());

        gate.SetResult();
        (await first).Attempts.Count.ShouldBe(2);
        receiver.Got.Select(static notice => notice.Subject).ShouldBe(["one", "two"]);
    }

    [Fact]
    public async Task An_interruption_costs_no_attempt()
    {
        var receiver = Add("a");
        using var interrupt = new CancellationTokenSource();
        receiver.Before = async () =>
        {
            await interrupt.CancelAsync();
            interrupt.Token.ThrowIfCancellationRequested();
        };
        Notifier.Enqueue(Notice.Make(NoticeKind.Failure, Now, "one", []));

        await Should.ThrowAsync<OperationCanceledException>(() => Notifier.DeliverDueAsync(interrupt.Token));

        Notifier.Waiting().ShouldHaveSingleItem().Attempts.ShouldBe(0);
    }

    [Fact]
    public async Task What_cannot_be_read_and_what_nobody_wants_any_more_is_told_once()
    {
        Add("a");
        Notifier.Enqueue(Notice.Make(NoticeKind.Failure, Now, "one", []));
        _targets.Clear();
        await File.WriteAllTextAsync(Path.Join(Outbox, "x-a.json"), "{ \"notice\":", Token);
        await File.WriteAllTextAsync(Path.Join(Outbox, "y-a.json"), "{ \"notice\": { \"kind\": \"no such\" }, \"target\": \"a\" }", Token);

        var attempts = (await Notifier.DeliverDueAsync(Token)).Attempts;

        attempts.Count.ShouldBe(3);
        attempts.ShouldAllBe(static attempt => attempt.Outcome == NoticeOutcome.GivenUp);
        attempts.ShouldContain(static attempt => attempt.Answer.Contains("no such target any more", StringComparison.Ordinal));
        (await Notifier.DeliverDueAsync(Token)).Attempts.ShouldBeEmpty();
        File.Exists(Path.Join(Outbox, "x-a.json.damaged")).ShouldBeTrue();
    }

    [Fact]
    public async Task A_test_goes_past_what_waits()
    {
        Add("a", NoticeKind.Veto).Failure = new NotDeliveredException("no", "Look.");
        Add("b");

        var attempts = await Notifier.TestAsync(name: null, Token);

        attempts.Select(static attempt => (attempt.Target, attempt.Outcome)).ShouldBe([("a", NoticeOutcome.Failed), ("b", NoticeOutcome.Delivered)]);
        Notifier.Waiting().ShouldBeEmpty();
        (await Notifier.TestAsync("b", Token)).ShouldHaveSingleItem().Target.ShouldBe("b");
        (await Should.ThrowAsync<UsageException>(() => Notifier.TestAsync("c", Token))).Remedy.ShouldContain("a, b");
    }

    [Fact]
    public async Task A_hold_that_ends_within_a_day_is_told_of_once()
    {
        var receiver = Add("a");
        var holds = new HoldFiles(Path.Join(_root.FullName, "holds"), _time);
        var soon = holds.Place("launch", "ada", Now.AddHours(30));
        holds.Place("for ever", "bob", until: null);

        await RunAsync();
        receiver.Got.ShouldBeEmpty();
        _time.Advance(TimeSpan.FromHours(7));
        await RunAsync();
        _time.Advance(TimeSpan.FromHours(1));
        await RunAsync();

        var notice = receiver.Got.ShouldHaveSingleItem();
        (notice.Kind, notice.Subject).ShouldBe((NoticeKind.HoldExpiring, "the hold \"launch\" ends at 2026-12-02 09:00 UTC"));
        Directory.GetFiles(Path.Join(Outbox, "holds")).Select(Path.GetFileName).ShouldBe([soon.Id]);
        _time.Advance(TimeSpan.FromDays(2));
        await RunAsync();
        receiver.Got.Count.ShouldBe(1);
        Directory.GetFiles(Path.Join(Outbox, "holds")).ShouldBeEmpty();

        Task RunAsync()
        {
            var notifier = Notifier;
            return notifier.DeliverDueAsync(Token, new HoldExpiry(holds, notifier, Path.Join(Outbox, "holds"), _time).Run);
        }
    }

    private Receiver Add(string name, params NoticeKind[] on)
    {
        _targets.Add(new NotifyTarget(name, new CommandNotifyAddress([name]), on is [] ? NoticeKinds.Choosable : on, TimeSpan.FromSeconds(30)));
        return _receivers[name] = new Receiver();
    }

    private sealed class Receiver : INoticeChannel
    {
        public List<Notice> Got { get; } = [];

        public int Calls { get; private set; }

        public HostSwapException? Failure { get; set; }

        public Func<Task>? Before { get; set; }

        public async Task<string> SendAsync(Notice notice, CancellationToken cancellationToken)
        {
            Calls++;
            if (Before is not null)
                await Before();
            if (Failure is not null)
                throw Failure;
            Got.Add(notice);
            return "thanks";
        }
    }
}
