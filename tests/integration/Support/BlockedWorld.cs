using System.Xml.Linq;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;
using HostSwap.Lab.Processes;
using Xunit;

namespace HostSwap.IntegrationTests.Support;

/// <summary>
/// An outer host on the newer release whose VMs each have one reason against a swap to the older one, all made for real.
/// One plan must tell them all, so the world is made once and the tests look at that plan.
/// </summary>
public sealed class BlockedWorld : IAsyncLifetime
{
    /// <summary>A directory that only this generation has.</summary>
    private const string PrivateDirectory = "/srv/private";

    /// <summary>Firmware that Debian 13's package ovmf has and Debian 12's has not.</summary>
    private const string NewFirmware = "/usr/share/OVMF/OVMF_CODE_4M.secboot.strictnx.fd";

    private OuterHostLab? _lab;

    /// <summary>The lab.</summary>
    public OuterHostLab Lab => _lab!;

    /// <summary>How <c>hostctl plan</c> ended.</summary>
    public CommandResult PlanResult { get; private set; } = null!;

    /// <summary>What it said.</summary>
    public PlanView Plan { get; private set; } = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync()
    {
        // 16 TiB, more than any machine of ours has: no second copy of any running VM's RAM is affordable.
        var options = new LabOptions { Purpose = "blockers", Image = Repository.Trixie }.With("migration", "memory_reserve_mib = 16777216");
        _lab = await OuterHostLab.StartAsync(options, Token);
        try
        {
            await BuildAsync(await _lab.GenerationAsync(1, Token));
            PlanResult = await _lab.Hostctl.RunAsync(["plan", "--image", Repository.Bookworm, "--format", "json"], Token);
            Plan = HostctlDocuments.Read<PlanView>(PlanResult.Output);
        }
        catch
        {
            await _lab.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_lab is not null) await _lab.DisposeAsync();
    }

    private async Task BuildAsync(Generation generation)
    {
        var off = new GuestSpec("") { State = GuestState.ShutOff };
        await generation.RunAsync(["ip", "link", "add", "br-hand", "type", "bridge"], Token);
        await generation.VirshAsync(["net-create", "/dev/stdin"], Token, "<network><name>fleeting</name><bridge name='virbr-flt'/></network>");
        await Lab.AddGuestsAsync(
            generation,
            [
                new GuestSpec("big"),
                new GuestSpec("copying") { Disk = DiskFormat.Qcow2 },
                off with { Name = "new-machine", Uuid = Guid.NewGuid(), MachineType = "pc-q35-10.0" },
                off with { Name = "new-cpu", Uuid = Guid.NewGuid(), CpuModel = "SierraForest" },
                off with { Name = "new-feature", Uuid = Guid.NewGuid(), Cpu = XElement.Parse("<cpu mode='custom' match='exact' check='partial'><model fallback='forbid'>Nehalem</model><feature policy='require' name='x2apic'/><feature policy='require' name='fred'/></cpu>") },
                off with { Name = "new-card", Uuid = Guid.NewGuid(), ExtraDevices = [XElement.Parse("<interface type='bridge'><source bridge='br0'/><model type='igb'/></interface>")] },
                off with { Name = "new-sound", Uuid = Guid.NewGuid(), ExtraDevices = [XElement.Parse("<sound model='virtio'/>")] },
                off with { Name = "new-firmware", Uuid = Guid.NewGuid(), Loader = NewFirmware },
                off with { Name = "private-disk", Uuid = Guid.NewGuid(), Disk = DiskFormat.Qcow2, DiskDirectory = PrivateDirectory },
                off with { Name = "hand-bridge", Uuid = Guid.NewGuid(), Bridge = "br-hand" },
                off with { Name = "fleeting-net", Uuid = Guid.NewGuid(), Bridge = null, Network = "fleeting" },
                new GuestSpec("host-device") { ExtraDevices = [DomainXmlWriter.Ring()] },
                off with { Name = "saved", Uuid = Guid.NewGuid(), Disk = DiskFormat.Qcow2 },
                off with { Name = "saved-new", Uuid = Guid.NewGuid(), MachineType = "pc-q35-10.0" },
            ],
            Token);
        foreach (var name in new[] { "saved", "saved-new" })
        {
            await generation.VirshAsync(["start", Uuid(name)], Token);
            await generation.VirshAsync(["managedsave", Uuid(name)], Token);
        }

        // Its next cold start would be possible on the other side, and the restoration of what was saved is not.
        var old = (await generation.VirshAsync(["dumpxml", "--inactive", "--security-info", Uuid("saved-new")], Token)).Replace("pc-q35-10.0", "pc-q35-7.2", StringComparison.Ordinal);
        await generation.VirshAsync(["define", "/dev/stdin"], Token, old);
        await generation.RunAsync(["truncate", "--size=-1M", "/var/lib/libvirt/qemu/save/saved.save"], Token);
        // As slow as it can be, so that it is still under way when all tests are done.
        var copying = Lab.Guests.Single(static guest => guest.Name is "copying");
        await generation.VirshAsync(["blockcopy", copying.Uuid, "vda", $"{copying.DiskPath}.copy", "--transient-job", "--bytes", "--bandwidth", "1"], Token);
    }

    private string Uuid(string name) => Lab.Guests.Single(guest => string.Equals(guest.Name, name, StringComparison.Ordinal)).Uuid;
}
