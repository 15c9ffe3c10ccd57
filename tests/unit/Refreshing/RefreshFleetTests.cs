using Cronos;
using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Fleet;
using HostSwap.Orchestrator.Images;
using HostSwap.Orchestrator.Refreshing;
using HostSwap.Orchestrator.Swapping;
using HostSwap.UnitTests.Hostctl;
using Microsoft.Extensions.Time.Testing;
using Shouldly;
using Xunit;

namespace HostSwap.UnitTests.Refreshing;

/// <summary>A refresh among others of its fleet.</summary>
public sealed class RefreshFleetTests : IDisposable
{
    private static readonly DateTimeOffset Night = new(2026, 12, 5, 2, 30, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("hostswap-unit-");
    private readonly FakeTimeProvider _time = new(Night);
    private readonly FakeFleet _fleet = new();

    private readonly FakeOuterHost _host = new()
    {
        Updates = new(Night, "hostswap/host:trixie", "sha256:new", "sha256:new", [new PendingUpdate("libvirt0", "1", "2", "Debian", Security: false)], RecipeChanged: false),
    };

    public RefreshFleetTests()
    {
        Directory.CreateDirectory(Settings.Paths.Runtime);
        _fleet.Host = _host;
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private HostSwapSettings Settings => Samples.Settings(_root.FullName) with
    {
        Refresh = SettingsDefaults.Refresh with
        {
            Strategy = RefreshStrategy.Window,
            TimeZone = TimeZoneInfo.Utc,
            Soak = TimeSpan.FromMinutes(10),
            Windows = [new MaintenanceWindow("night", "0 2 * * *", CronExpression.Parse("0 2 * * *"), TimeSpan.FromHours(1))],
        },
    };

    public void Dispose() => _root.Delete(recursive: true);

    [Fact]
    public async Task A_slot_is_held_from_before_the_swap_until_the_new_generation_has_been_watched()
    {
        _fleet.NotReleased = "the slot waits for its lease to end";

        var record = await RunAsync();

        record.Outcome.ShouldBe(RefreshOutcome.Done);
        record.Warnings.ShouldContain("the slot waits for its lease to end");
        _fleet.TakenAfter.ShouldBe("build image");
        _fleet.GivenBackAfter.ShouldBe("prune images");
    }

    [Fact]
    public async Task While_others_are_refreshed_nothing_moves_and_it_is_tried_again()
    {
        _fleet.Failure = new FleetBusyException("group default: 1 of at most 1 at once is being swapped: other");
        (await RunAsync()).ShouldSatisfyAllConditions(
            static record => record.Outcome.ShouldBe(RefreshOutcome.Vetoed), static record => record.Summary.ShouldContain("is being swapped: other"));
        _host.Calls.ShouldNotContain(static call => call.StartsWith("swap", StringComparison.Ordinal));

        _fleet.Failure = null;
        (await RunAsync()).Outcome.ShouldBe(RefreshOutcome.Done);
    }

    [Fact]
    public async Task Where_the_service_cannot_be_asked_nothing_moves()
    {
        _fleet.Failure = new EnvironmentException("etcd cannot be asked", "See that it runs.");

        (await Should.ThrowAsync<EnvironmentException>(RunAsync)).Message.ShouldBe("etcd cannot be asked");
        _host.Calls.ShouldNotContain(static call => call.StartsWith("swap", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slot_is_waited_for_no_longer_than_the_window_is_open()
    {
        _fleet.Waits = true;

        (await RunAsync()).ShouldSatisfyAllConditions(
            static record => record.Outcome.ShouldBe(RefreshOutcome.Deferred),
            static record => record.Summary.ShouldBe("other servers of the fleet were being refreshed until window night ended"));
        _host.Calls.ShouldNotContain(static call => call.StartsWith("swap", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_slot_that_is_lost_stops_the_swap_in_order()
    {
        _host.DuringSwap = async token =>
        {
            await _fleet.LoseAsync();
            token.IsCancellationRequested.ShouldBeTrue();
        };

        var record = await RunAsync();

        record.Outcome.ShouldBe(RefreshOutcome.Stopped);
        record.Summary.ShouldStartWith("it was stopped, since the slot of a could not be kept: ");
        _fleet.GivenBackAfter.ShouldNotBeNull();
    }

    private async Task<RefreshRecord> RunAsync()
    {
        var running = new RefreshRunner(_host, Settings, new FakePrograms(), _time, new Silent()) { Fleet = _fleet }.RunAsync(
            new RefreshRequest(RefreshExtent.Whole, Scheduled: true), Task.FromResult, Token);
        while (await Task.WhenAny(running, Task.Delay(1, Token)) != running)
            _time.Advance(TimeSpan.FromSeconds(5));
        return (await running).Record.ShouldNotBeNull();
    }

    private sealed class FakeFleet : IFleetLock, IFleetSlot
    {
        private CancellationTokenSource _lost = new();

        public FakeOuterHost? Host { get; set; }

        public HostSwapException? Failure { get; set; }

        public bool Waits { get; set; }

        public string? TakenAfter { get; private set; }

        public string? GivenBackAfter { get; private set; }

        public CancellationToken Lost => _lost.Token;

        public string Description => "slot of a";

        public string? NotReleased { get; set; }

        public Task LoseAsync() => _lost.CancelAsync();

        public async Task<IFleetSlot> AcquireAsync(CancellationToken cancellationToken)
        {
            if (Failure is not null)
                throw Failure;
            if (Waits)
                await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken);
            _lost = new CancellationTokenSource();
            TakenAfter = Host!.Calls[^1] == "holds" ? Host.Calls[^2] : Host.Calls[^1];
            return this;
        }

        public Task<FleetStatus> GetStatusAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask DisposeAsync()
        {
            GivenBackAfter = Host!.Calls[^1];
            return ValueTask.CompletedTask;
        }
    }

    private sealed class Silent : IRefreshObserver
    {
        public void OnStageBegun(RefreshStage stage)
        {
            // How a refresh is shown is the presenters' matter, here and below.
        }

        public void OnStageEnded(RefreshStageRecord stage)
        {
        }

        public void OnLine(string line)
        {
        }

        public void OnEvent(SwapEvent swapEvent)
        {
        }
    }
}
