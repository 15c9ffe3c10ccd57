using System.Xml.Linq;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using Shouldly;

namespace HostSwap.IntegrationTests.Support;

/// <summary>An outer host with a VM on each ordinary kind of storage; together they have every cache mode.</summary>
internal sealed class StorageWorld : IAsyncDisposable
{
    private const string Pool = "volumes";

    private readonly List<string> _images = [];
    private NbdServer? _nbd;

    private StorageWorld(OuterHostLab lab) => Lab = lab;

    /// <summary>The outer host.</summary>
    public OuterHostLab Lab { get; }

    public static async Task<StorageWorld> StartAsync(string image, CancellationToken cancellationToken)
    {
        var options = new LabOptions { Purpose = "storage", Image = image };
        var world = new StorageWorld(await OuterHostLab.CreateAsync(options, cancellationToken));
        try
        {
            await world.BuildAsync(options, cancellationToken);
            return world;
        }
        catch
        {
            await world.DisposeAsync();
            throw;
        }
    }

    private async Task BuildAsync(LabOptions options, CancellationToken cancellationToken)
    {
        var loop = await LoopDevice.AttachAsync(Path.Join(Lab.Root, "loops", "a.img"), OuterHostLab.ImageMiB, cancellationToken);
        await Lab.ConfigureAsync(options.With("storage", $"devices = [\"{loop.Path}\"]"), cancellationToken);
        (await Lab.Hostctl.RunAsync(["init"], cancellationToken)).Succeeded();
        (await Lab.Hostctl.RunAsync(["start"], cancellationToken)).Succeeded();
        var generation = await Lab.GenerationAsync(1, cancellationToken);
        await Lab.AddPoolAsync(generation, Pool, cancellationToken);
        await Lab.AddGuestsAsync(generation, [.. await SpecsAsync(generation, loop, cancellationToken)], cancellationToken);
    }

    private async Task<IReadOnlyList<GuestSpec>> SpecsAsync(Generation generation, LoopDevice loop, CancellationToken cancellationToken)
    {
        Task<string> Image(string name, string format, string? backing = null) => Lab.MakeImageAsync(generation, name, format, cancellationToken, backing);

        await Image("chain/base.qcow2", "qcow2");
        await Image("chain/middle.qcow2", "qcow2", "base.qcow2");
        var relative = await Image("chain/top.qcow2", "qcow2", "middle.qcow2");
        var below = await Image("base/base.qcow2", "qcow2");
        var absolute = await Image("absolute.qcow2", "qcow2", below);
        var raw = await Image("raw.img", "raw");
        var shared = await Image("shared.img", "raw");
        var cdrom = await Image("media.iso", "raw");
        var exported = await Image("exported.img", "raw");
        _nbd = await NbdServer.StartAsync(Lab, exported, "nbd0", cancellationToken);
        await generation.VirshAsync(["vol-create-as", Pool, "volume.qcow2", "64M", "--format", "qcow2"], cancellationToken);
        _images.AddRange([relative, absolute, raw, shared, cdrom]);
        var shareable = DiskXml.Disk("file", "raw", "none", DiskXml.File(shared), "vdb", new XElement("shareable"));
        return
        [
            Guest("chain", DiskXml.First("file", "qcow2", "writeback", DiskXml.File(relative)), DiskXml.CdRom("sda", cdrom), DiskXml.CdRom("sdb", null)),
            Guest("chain-told", DiskXml.First("file", "qcow2", "none", DiskXml.File(absolute), DiskXml.BackedBy("qcow2", below)), shareable),
            Guest("raw", DiskXml.First("file", "raw", "writethrough", DiskXml.File(raw)), shareable),
            Guest("loop", DiskXml.First("block", "raw", "directsync", DiskXml.Block(loop.Path))),
            Guest("nbd", DiskXml.First("network", "raw", null, DiskXml.Nbd("nbd0", new XAttribute("transport", "unix"), new XAttribute("socket", _nbd.Socket)))),
            Guest("volume", DiskXml.First("volume", "qcow2", "unsafe", DiskXml.Volume(Pool, "volume.qcow2")), DiskXml.Disk("file", "raw", null, DiskXml.File(cdrom), "vdb", new XElement("readonly"))),
        ];
    }

    private static GuestSpec Guest(string name, XElement disk, params IReadOnlyList<XElement> further) =>
        new(name) { FirstDisk = disk, DiskKiBPerSecond = 256, ExtraDevices = further };

    /// <summary>Who owns each image, and its mode.</summary>
    public async Task<SortedDictionary<string, FileOwner>> OwnersAsync(CancellationToken cancellationToken)
    {
        var owners = new SortedDictionary<string, FileOwner>(StringComparer.Ordinal);
        foreach (var image in _images) owners[image] = await FileOwner.OfAsync(image, cancellationToken);
        return owners;
    }

    /// <summary>The guests' counters on their disks go up; each of them checks by itself what it has written.</summary>
    public async Task EveryDiskIsWrittenAsync(CancellationToken cancellationToken)
    {
        foreach (var guest in Lab.Guests)
        {
            var before = guest.ReadLog().LastTick!.Disk;
            await Poll.UntilAsync(
                $"{guest.Name} to write to its disk",
                TimeSpan.FromSeconds(30),
                _ => Task.FromResult(guest.ReadLog().LastTick!.Disk > before),
                () => guest.ReadLog().Tail(),
                cancellationToken);
            guest.ReadLog().Judge().Problems.ShouldBeEmpty(guest.Name);
        }
    }

    /// <summary>Once the guests are shut off.</summary>
    public async Task EveryImageIsCleanAsync(CancellationToken cancellationToken)
    {
        var generation = await Lab.ActiveAsync(cancellationToken);
        foreach (var guest in Lab.Guests) await generation.VirshAsync(["destroy", guest.Uuid], cancellationToken);
        foreach (var image in _images.Where(static image => image.EndsWith(".qcow2", StringComparison.Ordinal)))
            (await generation.CheckDiskAsync(image, cancellationToken)).ShouldBe(0, image);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await Lab.DisposeAsync();
        if (_nbd is not null) await _nbd.DisposeAsync();
    }
}
