using System.Globalization;
using HostSwap.IntegrationTests.Support;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Witnessing;
using Shouldly;
using Xunit;
using OuterKernel = HostSwap.Orchestrator.Procfs.OuterKernel;

namespace HostSwap.IntegrationTests;

/// <summary>VMs whose RAM stays where it is while they change the host, as the kernel, libvirt and the guests show it.</summary>
public sealed class HandoverTests
{
    /// <summary>Much more than what a QEMU sends of a guest without its RAM, and much less than the RAM of one.</summary>
    private const long MostBytes = 2 << 20;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>One whose image lock is the fence, two that have none, one that stands still, and one that was never prepared.</summary>
    private static IReadOnlyList<GuestSpec> Specs =>
    [
        new("locked") { Prepared = true, Disk = DiskFormat.Qcow2, DiskKiBPerSecond = 256, Autostart = true, FillMiB = 64, Dirty = new DirtyLoad(32, 64) },
        new("diskless") { Prepared = true, Dirty = new DirtyLoad(32, 64) },
        new("tpm") { Prepared = true, Disk = DiskFormat.Qcow2, ExtraDevices = [Devices.Tpm()] },
        new("paused") { Prepared = true, Disk = DiskFormat.Raw, State = GuestState.Paused },
        new("plain") { Disk = DiskFormat.Qcow2 },
    ];

    [Theory]
    [InlineData(Repository.Bookworm, Repository.Trixie)]
    [InlineData(Repository.Trixie, Repository.Bookworm)]
    [InlineData(Repository.Trixie, Repository.Trixie)]
    public async Task The_guests_run_on_and_their_ram_is_not_copied(string from, string to)
    {
        await using var lab = await StartAsync(from);
        var source = await lab.GenerationAsync(1, Token);
        await lab.AddGuestsAsync(source, Specs, Token);
        var plan = await lab.Hostctl.ReadAsync<PlanView>(["plan", "--image", to], Token);
        plan.Plan.Moves.ToDictionary(static move => move.Name, static move => move.Method, StringComparer.Ordinal).ShouldBe(
            new Dictionary<string, string> { ["locked"] = "handover", ["diskless"] = "handover", ["tpm"] = "handover", ["paused"] = "handover", ["plain"] = "copy" }, ignoreOrder: true);
        plan.Plan.Moves.Where(static move => move.Reason.Contains("the lock on its disk image is the fence", StringComparison.Ordinal)).Select(static move => move.Name)
            .ShouldBe(["locked", "tpm", "paused"], ignoreOrder: true);
        var ram = RamFiles(lab);

        await using (var witness = Witness.Start(lab.Guests))
        {
            var swap = await lab.Hostctl.RunAsync(["swap", "--yes", "--force", "--image", to], Token);
            swap.ExitCode.ShouldBe(ExitCodes.Done, swap.Describe());
            TestContext.Current.TestOutputHelper?.WriteLine(swap.Output);
            await Oracle.EveryGuestLivesOnAsync(lab, Token);
            await Oracle.NobodyRanTwiceAsync(witness);
        }

        var moves = await MovesAsync(lab);
        foreach (var name in new[] { "locked", "diskless", "tpm", "paused" })
        {
            moves[name].Method.ShouldBe("handover", moves[name].Reason);
            moves[name].TransferredBytes!.Value.ShouldBeLessThan(MostBytes, name);
        }

        moves["plain"].Method.ShouldBe("copy");
        RamFiles(lab).ShouldBe(ram, ignoreOrder: true, "the same files are the guests' RAM, each by one name");
        await ItsRamIsSavedAsync(lab, await lab.GenerationAsync(2, Token), "locked");
    }

    private static async Task<OuterHostLab> StartAsync(string image) =>
        await OuterHostLab.StartAsync(new LabOptions { Purpose = "handover", Image = image }.With("memory", "size = \"4GiB\""), Token);

    /// <summary>What a capability left set would make of a saved image: one without RAM.</summary>
    private static async Task ItsRamIsSavedAsync(OuterHostLab lab, Generation generation, string name)
    {
        var guest = lab.Guests.Single(guest => string.Equals(guest.Name, name, StringComparison.Ordinal));
        await generation.VirshAsync(["managedsave", guest.Uuid], Token);
        await generation.VirshAsync(["start", guest.Uuid], Token);
        await OuterHostLab.WaitForTicksAsync(guest, 5, Token);
        guest.ReadLog().Judge().ShouldSatisfyAllConditions(
            static life => life.BootIds.Count.ShouldBe(1), static life => life.Problems.ShouldBeEmpty());
    }

    /// <summary>Every RAM file by its inode, as often as it has names.</summary>
    private static IReadOnlyList<string> RamFiles(OuterHostLab lab) =>
    [
        .. Directory.EnumerateFiles(lab.Paths.Memory, "*.ram", SearchOption.AllDirectories)
            .Select(static path => $"inode {new OuterKernel().Look(Environment.ProcessId, path)!.Inode}"),
    ];

    private static async Task<IReadOnlyDictionary<string, MoveView>> MovesAsync(OuterHostLab lab)
    {
        var last = (await lab.Hostctl.ReadAsync<HistoryView>(["history"], Token)).Operations.First(static operation => operation.Kind is "swap");
        var show = await lab.Hostctl.ReadAsync<ShowView>(["show", last.Id.ToString(CultureInfo.InvariantCulture)], Token);
        return show.Moves.ToDictionary(static move => move.Name, StringComparer.Ordinal);
    }
}
