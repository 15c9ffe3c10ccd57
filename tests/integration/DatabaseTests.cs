using System.Globalization;
using System.Text.RegularExpressions;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A customer's server: a Debian with PostgreSQL that others write to all the time, there and back.</summary>
[Collection(AloneCollection.Name)]
public sealed partial class DatabaseTests
{
    /// <summary>Longer than a swap of one VM takes on a busy machine.</summary>
    private static readonly TimeSpan LoadTime = TimeSpan.FromSeconds(40);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Not_one_transaction_fails_while_its_host_is_refreshed_and_brought_back()
    {
        var options = new LabOptions { Purpose = "database", Image = Repository.Bookworm };
        await using var lab = await OuterHostLab.StartAsync(options, Token);
        var spec = new GuestSpec("db01") { MemoryMiB = 768, Prepared = true };
        var database = await DatabaseGuest.StartAsync(lab, await lab.GenerationAsync(1, Token), spec, Token);
        await database.FillAsync(scale: 3, Token);
        var boot = await database.AskAsync("SELECT pg_postmaster_start_time()", Token);
        await using var witness = Witness.Start([database.Guest]);

        var committed = await UnderLoadAsync(database, () => lab.Hostctl.RunAsync(["swap", "--yes", "--image", Repository.Trixie], Token));
        (await lab.Hostctl.LastSwapAsync(Token)).Moves.ShouldHaveSingleItem().Method.ShouldBe("handover");
        await lab.ConfigureAsync(options.With("migration", "handover = false"), Token);
        committed += await UnderLoadAsync(database, () => lab.Hostctl.RunAsync(["rollback", "--yes"], Token));

        await Oracle.NobodyRanTwiceAsync(witness);
        (await lab.Hostctl.LastAsync("rollback", Token)).Moves.ShouldHaveSingleItem().Method.ShouldBe("copy");
        (await lab.ActiveAsync(Token)).Number.ShouldBe(1);
        (await database.AskAsync("SELECT pg_postmaster_start_time()", Token)).ShouldBe(boot);
        (await database.AskAsync("SELECT count(*) FROM pgbench_history", Token)).ShouldBe(committed.ToString(CultureInfo.InvariantCulture));
        await database.CheckAsync(Token);
    }

    /// <summary>Does something while the database works; returns how many transactions it says that it has done meanwhile.</summary>
    private static async Task<long> UnderLoadAsync(DatabaseGuest database, Func<Task<CommandResult>> act)
    {
        var before = await CommittedAsync(database);
        var load = database.RunLoadAsync(LoadTime, Token);
        await Poll.UntilAsync(
            "pgbench's first transactions", TimeSpan.FromSeconds(20), async _ => load.IsCompleted || await CommittedAsync(database) > before, () => "none", Token);

        var result = await act();

        load.IsCompleted.ShouldBeFalse($"the database must be at work until all is over: {result.Describe()}");
        result.ExitCode.ShouldBe(ExitCodes.Done, result.Describe());
        var done = (await load).Succeeded();
        Failed().Match(done.Output).Groups["count"].Value.ShouldBe("0", done.Describe());
        return long.Parse(Processed().Match(done.Output).Groups["count"].Value, CultureInfo.InvariantCulture);
    }

    private static async Task<long> CommittedAsync(DatabaseGuest database) =>
        long.Parse(await database.AskAsync("SELECT count(*) FROM pgbench_history", Token), CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^number of transactions actually processed: (?<count>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Processed();

    [GeneratedRegex(@"^number of failed transactions: (?<count>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Failed();
}
