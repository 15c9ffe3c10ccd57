using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Probing;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;

namespace HostSwap.IntegrationTests;

/// <summary>A swap between every pair of the two releases loses nothing, and every guest is back on the network soon.</summary>
public sealed class SwapPairTests
{
    private const string Network = "backstage";
    private const string Pool = "images";

    /// <summary>
    /// Long enough for a machine that is held up by others, which was seen to take two seconds; short enough to find a guest that stays
    /// suspended, or whose bridge is not told where it is now. How short a blackout really is, 'make bench' measures.
    /// </summary>
    private static readonly TimeSpan BlackoutLimit = TimeSpan.FromSeconds(10);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static IReadOnlyList<GuestSpec> Specs =>
    [
        new("db") { Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256, Autostart = true },
        new("raw") { Disk = DiskFormat.Raw },
        new("paused") { Disk = DiskFormat.Raw, State = GuestState.Paused },
        new("transient") { Persistent = false },
        new("spare") { Disk = DiskFormat.Qcow2, State = GuestState.ShutOff, Network = Network, Bridge = null },
    ];

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Bookworm)]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    public async Task A_swap_moves_everything_and_loses_nothing(string from, string to)
    {
        await using var lab = await OuterHostLab.StartAsync(new LabOptions { Purpose = $"{from} to {to}", Image = from }, Token);
        var source = await lab.GenerationAsync(1, Token);
        await OuterHostLab.AddNetworkAsync(source, Network, "virbr-back", Token);
        await lab.AddPoolAsync(source, Pool, Token);
        await lab.AddGuestsAsync(source, Specs, Token);
        var definitions = await DefinitionsAsync(lab, source);
        var owners = await OwnersAsync(lab);

        await using (var witness = Witness.Start(lab.Guests))
        {
            var pings = await PingWhileAsync(lab, async () =>
            {
                var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", to], Token);
                swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            });
            await Oracle.EveryGuestLivesOnAsync(lab, Token);
            await Oracle.NobodyRanTwiceAsync(witness);
            foreach (var (name, ping) in pings)
            {
                ping.AnyReply.ShouldBeTrue(name);
                ping.Blackout.ShouldBeLessThan(BlackoutLimit, name);
            }
        }

        await Oracle.GenerationsAreAsync(lab, active: 2, Token, others: 1);
        await Oracle.IsRetiredAsync(lab, 1, Token);
        var target = await lab.GenerationAsync(2, Token);
        (await OwnersAsync(lab)).ShouldBe(owners);
        (await DefinitionsAsync(lab, target)).ShouldBe(definitions);
        await NothingDiffersAsync(lab);
        (await OuterHostLab.HasNetworkAsync(target, Network, Token)).ShouldBeTrue();
        (await OuterHostLab.HasPoolAsync(target, Pool, Token)).ShouldBeTrue();
        await PausedGuestGoesOnAsync(lab, target);
        await SnapshotAndCommitWorkAsync(lab, target);
        await SpareStartsAsync(lab, target);
    }

    private static async Task<IReadOnlyDictionary<string, PingReport>> PingWhileAsync(OuterHostLab lab, Func<Task> action)
    {
        var probers = lab.Guests
            .Where(static guest => guest.Spec is { State: GuestState.Running, IsReachable: true })
            .ToDictionary(static guest => guest.Name, static guest => PingProber.Start(guest.Address), StringComparer.Ordinal);
        try
        {
            foreach (var prober in probers.Values) await prober.WaitForReplyAsync(TimeSpan.FromSeconds(15), Token);
            foreach (var prober in probers.Values) prober.Reset();
            await action();
            var reports = new Dictionary<string, PingReport>(StringComparer.Ordinal);
            foreach (var (name, prober) in probers) reports[name] = await prober.StopAsync();
            return reports;
        }
        finally
        {
            foreach (var prober in probers.Values) await prober.DisposeAsync();
        }
    }

    /// <summary>The old generation is stopped by now; what it held was written down.</summary>
    private static async Task NothingDiffersAsync(OuterHostLab lab)
    {
        var diff = HostctlDocuments.Read<DiffView>((await lab.Hostctl.RunAsync(["diff", "--format", "json"], Token)).Output);
        diff.Differences.Where(static difference => difference.Kind is not "extra").ShouldBeEmpty();
    }

    private static async Task<SortedDictionary<string, string>> DefinitionsAsync(OuterHostLab lab, Generation generation)
    {
        var definitions = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var guest in lab.Guests.Where(static guest => guest.Spec.Persistent))
            definitions[guest.Name] = NormalDefinition.Of(await generation.DefinitionAsync(guest, Token));
        return definitions;
    }

    private static async Task<SortedDictionary<string, FileOwner>> OwnersAsync(OuterHostLab lab)
    {
        var owners = new SortedDictionary<string, FileOwner>(StringComparer.Ordinal);
        foreach (var guest in lab.Guests)
            if (guest.DiskPath is { } disk) owners[guest.Name] = await FileOwner.OfAsync(disk, Token);
        return owners;
    }

    private static async Task PausedGuestGoesOnAsync(OuterHostLab lab, Generation target)
    {
        var paused = lab.Guests.Single(static guest => guest.Spec.State is GuestState.Paused);
        await target.VirshAsync(["resume", paused.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(paused, 10, Token);
        paused.ReadLog().Judge().Problems.ShouldBeEmpty();
    }

    /// <summary>Both need libvirt to reopen the disk, which fails where its owner was lost on the way.</summary>
    private static async Task SnapshotAndCommitWorkAsync(OuterHostLab lab, Generation target)
    {
        var db = lab.Guests.Single(static guest => guest.Name is "db");
        var overlay = $"{db.DiskPath}.overlay";
        await target.VirshAsync(["snapshot-create-as", db.Uuid, "--disk-only", "--no-metadata", "--diskspec", $"vda,snapshot=external,file={overlay}"], Token);
        await target.VirshAsync(["blockcommit", db.Uuid, "vda", "--active", "--pivot", "--wait"], Token);
        await OuterHostLab.WaitForTicksAsync(db, 10, Token);
        db.ReadLog().Judge().Problems.ShouldBeEmpty();
    }

    /// <summary>What was shut off is worth as much as what ran; its disk is clean, and it boots.</summary>
    private static async Task SpareStartsAsync(OuterHostLab lab, Generation target)
    {
        var spare = lab.Guests.Single(static guest => guest.Spec.State is GuestState.ShutOff);
        (await target.CheckDiskAsync(spare.DiskPath!, Token)).ShouldBe(0);
        await target.VirshAsync(["start", spare.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(spare, 5, Token);
    }
}
