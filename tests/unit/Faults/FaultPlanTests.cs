#if HOSTSWAP_FAULTS
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Faults;
using HostSwap.Orchestrator.Journal;
using HostSwap.UnitTests.Journal;
using Microsoft.Data.Sqlite;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Faults;

public sealed class FaultPlanTests : JournalFixture
{
    private string Log => Path.Join(Directory, "faults.log");

    [Theory]
    [InlineData("journal-write=kill", "journal-write", 1, "Kill")]
    [InlineData("journal-write:17=io-error", "journal-write", 17, "IoError")]
    [InlineData("journal-written:2=stop", "journal-written", 2, "Stop")]
    [InlineData("effect-begin=fail", "effect-begin", 1, "Fail")]
    [InlineData("effect-begin:3=fail", "effect-begin", 3, "Fail")]
    [InlineData("effect-end:restore-owner=kill", "effect-end:restore-owner", 1, "Kill")]
    [InlineData("effect-end:migrate:4=stop", "effect-end:migrate", 4, "Stop")]
    public void A_rule_is_read(string text, string point, int number, string action) =>
        FaultRule.Parse(text).ShouldBe(new FaultRule(point, number, Enum.Parse<FaultAction>(action)));

    [Theory]
    [InlineData("journal-write", "no action")]
    [InlineData("journal-write=", "no action \"\"")]
    [InlineData("journal-write=explode", "\"explode\"")]
    [InlineData("=kill", "no point \"\"")]
    [InlineData("journal=kill", "no point \"journal\"")]
    [InlineData("journal-write:0=kill", "\"0\"")]
    [InlineData("journal-write:1x=kill", "\"1x\"")]
    [InlineData("journal-write:99999999999=kill", "\"99999999999\"")]
    [InlineData("journal-write:migrate=kill", "journal-write[:N]")]
    [InlineData("effect-begin:=kill", "effect-begin[:STEP][:N]")]
    [InlineData("effect-begin:a:b=kill", "effect-begin[:STEP][:N]")]
    [InlineData("journal-written=io-error", "for journal-write alone")]
    [InlineData("journal-write=fail", "for effects alone")]
    [InlineData("effect-begin=io-error", "for journal-write alone")]
    [InlineData("journal-write=kill;", "\"\"")]
    public void A_malformed_rule_is_refused_with_the_reason(string text, string reason) =>
        Should.Throw<FormatException>(() => FaultPlan.Parse(text)).Message.ShouldContain(reason);

    [Fact]
    public void A_rule_is_obeyed_once_at_its_own_count()
    {
        var plan = FaultPlan.Parse("effect-begin:migrate:2=fail;effect-begin:4=fail");

        plan.Hit("effect-begin:migrate");
        plan.Hit("effect-begin:migrate-more");
        Should.Throw<AdapterException>(() => plan.Hit("effect-begin:migrate")).Message.ShouldBe("fault: effect-begin:migrate: injected");
        Should.Throw<AdapterException>(() => plan.Hit("effect-begin:other"));
        plan.Hit("effect-begin:migrate");
        plan.Hit("effect-end:migrate");
    }

    [Fact]
    public void A_full_disk_is_what_sqlite_says_of_it() =>
        Should.Throw<SqliteException>(() => FaultPlan.Parse("journal-write=io-error").Hit("journal-write")).SqliteErrorCode.ShouldBe(13);

    [Fact]
    public async Task Every_write_and_effect_comes_past_its_points()
    {
        using var journal = Open();
        FaultPlan.Current = FaultPlan.Parse("", Log);
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        await new EffectLog(journal, operation).DoAsync("migrate", "web", () => Task.FromResult("seen"));

        File.ReadAllLines(Log).ShouldBe(
        [
            "1 journal-write", "1 journal-written",
            "2 journal-write", "2 journal-written",
            "1 effect-begin:migrate", "1 effect-end:migrate",
            "3 journal-write", "3 journal-written",
        ]);
    }

    [Fact]
    public void A_full_disk_at_a_write_stops_the_journal()
    {
        using var journal = Open();
        FaultPlan.Current = FaultPlan.Parse("journal-write:2=io-error");
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;

        Should.Throw<JournalException>(() => journal.Intend(operation, "migrate", "web", "{}")).Message.ShouldContain("the disk is full");
        Should.Throw<JournalException>(() => journal.Begin(OperationKind.Plan, "", "{}")).Message.ShouldContain("nothing is written any more");
        journal.Entries(operation).ShouldBeEmpty();
    }

    [Theory]
    [InlineData("effect-begin=fail", false)]
    [InlineData("effect-end=fail", true)]
    public async Task A_failed_effect_is_journalled_as_such(string rule, bool cameAbout)
    {
        using var journal = Open();
        FaultPlan.Current = FaultPlan.Parse(rule);
        var operation = journal.Begin(OperationKind.Swap, "", "{}").Id;
        var done = false;

        await Should.ThrowAsync<AdapterException>(() => new EffectLog(journal, operation).DoAsync("migrate", "web", () =>
        {
            done = true;
            return Task.FromResult("seen");
        }));
        done.ShouldBe(cameAbout);
        journal.Entries(operation).ShouldHaveSingleItem().Result.ShouldBe(EntryResult.Failed);
    }
}
#endif
