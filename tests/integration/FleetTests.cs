using System.Diagnostics;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab.Processes;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>Servers that agree by a real etcd on which of them is swapped.</summary>
public sealed class FleetTests : IAsyncLifetime
{
    private static readonly TimeSpan TimeToLive = TimeSpan.FromSeconds(3);

    private EtcdServer _etcd = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _etcd = await EtcdServer.StartAsync(Token);

    public ValueTask DisposeAsync() => _etcd.DisposeAsync();

    [Fact]
    public async Task Of_two_members_one_has_the_slot_until_it_gives_it_back()
    {
        await using (var slot = await Member("a").AcquireAsync(Token))
        {
            slot.Description.ShouldBe("slot of a in group default at etcd");
            var busy = await Should.ThrowAsync<FleetBusyException>(() => Member("b").AcquireAsync(Token));
            busy.Message.ShouldStartWith($"group default: 1 of at most 1 at once is being swapped: {Environment.MachineName} since 2");

            var status = await Member("b").GetStatusAsync(Token);
            (status.Limit, status.Member).ShouldBe((1, "b"));
            status.Holders.ShouldNotBeNull().ShouldHaveSingleItem().Member.ShouldBe("a");

            // Another group is another fleet.
            await using var elsewhere = await Member("b", change: static settings => settings with { Group = "defaul" }).AcquireAsync(Token);
        }

        var clock = Stopwatch.StartNew();
        await using var next = await Member("b").AcquireAsync(Token);
        clock.Elapsed.ShouldBeLessThan(TimeToLive / 2);
        next.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    [Fact]
    public async Task A_slot_that_is_kept_outlives_its_lease()
    {
        await using var slot = await Member("a").AcquireAsync(Token);

        await Task.Delay(TimeToLive * 2.5, Token);

        slot.Lost.IsCancellationRequested.ShouldBeFalse();
        await Should.ThrowAsync<FleetBusyException>(() => Member("b").AcquireAsync(Token));
    }

    [Fact]
    public async Task Of_three_members_never_more_than_two_have_one_however_they_race()
    {
        var (holders, most, taken, refused) = (0, 0, 0, 0);
        await Task.WhenAll(new[] { "a", "b", "c", "d" }.Select(async name =>
        {
            for (var round = 0; round < 25; round++)
            {
                try
                {
                    await using var slot = await Member(name, limit: 2).AcquireAsync(Token);
                    var now = Interlocked.Increment(ref holders);
                    InterlockedMax(ref most, now);
                    await Task.Delay(Random.Shared.Next(10), Token);
                    Interlocked.Decrement(ref holders);
                    Interlocked.Increment(ref taken);
                }
                catch (FleetBusyException)
                {
                    Interlocked.Increment(ref refused);
                }
            }
        }));

        most.ShouldBe(2);
        taken.ShouldBeGreaterThan(20);
        refused.ShouldBeGreaterThan(0);
        (await Member("a").GetStatusAsync(Token)).Holders.ShouldBeEmpty();
    }

    [Fact]
    public async Task One_waits_for_a_slot_as_long_as_it_is_told_to()
    {
        var slot = await Member("a").AcquireAsync(Token);
        var waiting = Member("b", change: static settings => settings with { Wait = TimeSpan.FromSeconds(30) }).AcquireAsync(Token);
        await Task.Delay(500, Token);
        waiting.IsCompleted.ShouldBeFalse();

        await slot.DisposeAsync();

        await using var next = await waiting.WaitAsync(TimeSpan.FromSeconds(15), Token);
        var clock = Stopwatch.StartNew();
        await Should.ThrowAsync<FleetBusyException>(() => Member("c", change: static settings => settings with { Wait = TimeSpan.FromSeconds(1) }).AcquireAsync(Token));
        clock.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task A_holder_that_is_parted_knows_it_before_another_member_has_its_slot()
    {
        await using var cable = new Cable(_etcd.Endpoint);
        await using var slot = await Member("a", endpoints: [cable.Endpoint]).AcquireAsync(Token);
        await Task.Delay(TimeToLive, Token);
        var clock = Stopwatch.StartNew();
        var lost = slot.Lost.Register(static state => ((Stopwatch)state!).Stop(), clock);

        cable.Pull();
        var parted = Stopwatch.StartNew();
        await using var next = await UntilFreeAsync("b", slot);

        parted.Elapsed.ShouldBeInRange(TimeToLive / 2, TimeToLive * 2);
        slot.Lost.IsCancellationRequested.ShouldBeTrue();
        clock.Elapsed.ShouldBeLessThan(parted.Elapsed);
        await lost.DisposeAsync();
        await slot.DisposeAsync();
        slot.NotReleased.ShouldBeNull();
        // What it gave back was its own lease, which others' slots do not hang on.
        (await Member("c").GetStatusAsync(Token)).Holders.ShouldNotBeNull().ShouldHaveSingleItem().Member.ShouldBe("b");
    }

    [Fact]
    public async Task A_member_takes_its_own_slot_again_at_once_and_nobody_elses()
    {
        await using var cable = new Cable(_etcd.Endpoint);
        await using var died = await Member("a", endpoints: [cable.Endpoint]).AcquireAsync(Token);
        cable.Pull();

        await using var again = await Member("a").AcquireAsync(Token);

        await Should.ThrowAsync<FleetBusyException>(() => Member("b").AcquireAsync(Token));
        // The end of the first lease takes nothing with it.
        await Task.Delay(TimeToLive * 1.7, Token);
        again.Lost.IsCancellationRequested.ShouldBeFalse();
        await Should.ThrowAsync<FleetBusyException>(() => Member("b").AcquireAsync(Token));
        (await Member("a").GetStatusAsync(Token)).Holders.ShouldNotBeNull().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Where_etcd_stands_still_nothing_is_taken_and_what_is_held_is_lost_in_time()
    {
        await using var slot = await Member("a").AcquireAsync(Token);
        _etcd.Send(Signal.Stop);
        await Task.Delay(TimeToLive / 4, Token);
        _etcd.Send(Signal.Continue);
        await Task.Delay(TimeToLive, Token);
        // A short pause is none.
        slot.Lost.IsCancellationRequested.ShouldBeFalse();

        _etcd.Send(Signal.Stop);
        var clock = Stopwatch.StartNew();
        (await Should.ThrowAsync<EnvironmentException>(() => Member("b").AcquireAsync(Token))).Message.ShouldContain("no answer within 2 s");
        clock.Elapsed.ShouldBeInRange(TimeSpan.FromSeconds(1.9), TimeSpan.FromSeconds(4));
        await Should.ThrowAsync<OperationCanceledException>(() => Task.Delay(TimeToLive, slot.Lost));
        clock.Elapsed.ShouldBeLessThan(TimeToLive);

        _etcd.Send(Signal.Continue);
        await using var next = await UntilFreeAsync("b", slot);
    }

    [Fact]
    public async Task Where_etcd_is_gone_nothing_is_taken_and_a_slot_says_that_it_was_not_given_back()
    {
        var slot = await Member("a").AcquireAsync(Token);
        _etcd.Send(Signal.Kill);

        var gone = await Should.ThrowAsync<EnvironmentException>(() => Member("b").AcquireAsync(Token));
        gone.Message.ShouldStartWith($"etcd cannot be asked (range): {_etcd.Endpoint.Authority}: ");
        gone.Remedy.ShouldContain("Nothing is swapped");
        await Should.ThrowAsync<EnvironmentException>(() => Member("b").GetStatusAsync(Token));
        await slot.DisposeAsync();
        slot.NotReleased.ShouldNotBeNull().ShouldContain("only when its lease ends");
    }

    [Fact]
    public async Task Another_endpoint_is_asked_where_one_is_gone_or_silent()
    {
        await using var silent = new Cable(_etcd.Endpoint);
        silent.Pull();
        var gone = new Uri($"http://127.0.0.1:{EtcdServer.FreePort()}");

        await using var slot = await Member("a", endpoints: [gone, silent.Endpoint, _etcd.Endpoint]).AcquireAsync(Token);

        await Task.Delay(TimeToLive * 1.5, Token);
        slot.Lost.IsCancellationRequested.ShouldBeFalse();
    }

    private static void InterlockedMax(ref int most, int value)
    {
        for (var seen = most; value > seen; seen = most)
            Interlocked.CompareExchange(ref most, value, seen);
    }

    /// <summary>Tries until there is a slot; from then on the one who had it must know that it is lost.</summary>
    private async Task<IFleetSlot> UntilFreeAsync(string name, IFleetSlot before)
    {
        var clock = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                var slot = await Member(name).AcquireAsync(Token);
                before.Lost.IsCancellationRequested.ShouldBeTrue();
                return slot;
            }
            catch (FleetBusyException) when (clock.Elapsed < TimeToLive * 4)
            {
                await Task.Delay(20, Token);
            }
        }
    }

    private IFleetLock Member(string name, int limit = 1, IReadOnlyList<Uri>? endpoints = null, Func<FleetSettings, FleetSettings>? change = null)
    {
        var fleet = new FleetSettings
        {
            Service = FleetService.Etcd,
            Endpoints = endpoints ?? [_etcd.Endpoint],
            Limit = limit,
            Member = name,
            TimeToLive = TimeToLive,
            Deadline = TimeSpan.FromSeconds(2),
        };
        return FleetLocks.Open(SettingsLoader.Load(path: null, new Dictionary<string, string?>(StringComparer.Ordinal) { [SettingsLoader.RootVariable] = "/nonexistent" }) with { Fleet = change?.Invoke(fleet) ?? fleet }, TimeProvider.System);
    }
}
