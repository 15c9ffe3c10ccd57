using System.Globalization;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Witnessing;

namespace HostSwap.Lab.Hosts;

/// <content>Guests of the lab.</content>
public sealed partial class OuterHostLab
{
    /// <summary>How long a guest may take from start to its first ticks, several of them booting on two emulated cores.</summary>
    public static readonly TimeSpan BootLimit = TimeSpan.FromSeconds(90);

    private const string LibvirtQemu = "libvirt-qemu:kvm";

    /// <summary>Makes a guest with its disk, defines or creates it, and brings it into its state.</summary>
    public async Task<Guest> AddGuestAsync(Generation generation, GuestSpec spec, CancellationToken cancellationToken)
    {
        var guest = await PrepareGuestAsync(generation, spec, cancellationToken);
        await DefineAsync(generation, guest, cancellationToken);
        await BringIntoStateAsync(generation, guest, cancellationToken);
        return guest;
    }

    /// <summary>Makes several guests; they boot beside each other.</summary>
    public async Task<IReadOnlyList<Guest>> AddGuestsAsync(
        Generation generation, IReadOnlyList<GuestSpec> specs, CancellationToken cancellationToken)
    {
        List<Guest> guests = [];
        foreach (var spec in specs)
        {
            var guest = await PrepareGuestAsync(generation, spec, cancellationToken);
            await DefineAsync(generation, guest, cancellationToken);
            guests.Add(guest);
        }

        foreach (var guest in guests) await BringIntoStateAsync(generation, guest, cancellationToken);
        return guests;
    }

    /// <summary>Waits until a guest has printed that many more ticks than it has now.</summary>
    public static async Task WaitForTicksAsync(Guest guest, int more, CancellationToken cancellationToken)
    {
        var before = guest.ReadLog().LastTick?.Number ?? 0;
        try
        {
            await Poll.UntilAsync(
                $"{more} more ticks of {guest.Name}",
                BootLimit,
                _ => Task.FromResult((guest.ReadLog().LastTick?.Number ?? 0) >= before + more),
                () => guest.ReadLog().Tail(),
                cancellationToken);
        }
        catch (LabException exception) when (guest.IsEmulated && before > 0 && QemuProcess.All().Count(process => process.Uuid == guest.Spec.Uuid) == 1)
        {
            throw new StandstillException(exception.Message, exception);
        }
    }

    /// <summary>Makes a guest's disk and XML; libvirt knows nothing of it yet.</summary>
    public async Task<Guest> PrepareGuestAsync(Generation generation, GuestSpec spec, CancellationToken cancellationToken)
    {
        var number = _guests.Count;
        // Files are named by the guest's number: its name may be any text.
        var file = string.Create(CultureInfo.InvariantCulture, $"guest-{number}");
        var directory = spec.DiskDirectory ?? GuestDirectory;
        var disk = spec.Disk switch
        {
            DiskFormat.Qcow2 => Path.Join(directory, $"{file}.qcow2"),
            DiskFormat.Raw => Path.Join(directory, $"{file}.img"),
            _ => null,
        };
        if (disk is not null) await CreateDiskAsync(generation, spec, disk, cancellationToken);
        var placement = new GuestPlacement(
            _accelerator,
            Own(Repository.Kernel, $"{file}-vmlinuz"),
            Own(spec.Agent ? Repository.AgentRamdisk : Repository.InitialRamdisk, $"{file}-initramfs.img"),
            Path.Join(GuestDirectory, $"{file}.log"),
            disk,
            Subnet.Guest(number),
            Subnet.Gateway,
            FreeSubnet.PrefixLength);
        var xml = DomainXmlWriter.Write(spec, placement).ToString();
        var guest = new Guest(spec, placement.Address, placement.ConsoleLog, disk, xml);
        _guests.Add(guest);
        return guest;
    }

    /// <summary>
    /// A guest's own copy: libvirt gives a kernel back to root when one VM has left, though another that has it is just
    /// starting, so that those with one kernel can only move one after the other. Customers' VMs boot from their disks.
    /// </summary>
    private string Own(string path, string name)
    {
        var own = Path.Join(GuestDirectory, name);
        File.Copy(path, own, overwrite: true);
        return own;
    }

    /// <summary>Defines a persistent guest; a transient one is created when it is started.</summary>
    public static async Task DefineAsync(Generation generation, Guest guest, CancellationToken cancellationToken)
    {
        if (!guest.Spec.Persistent) return;
        await generation.VirshAsync(["define", "/dev/stdin"], cancellationToken, guest.Xml);
        if (guest.Spec.Autostart) await generation.VirshAsync(["autostart", guest.Uuid], cancellationToken);
        if (guest.Spec.State is not GuestState.ShutOff) await generation.VirshAsync(["start", guest.Uuid], cancellationToken);
    }

    private static async Task BringIntoStateAsync(Generation generation, Guest guest, CancellationToken cancellationToken)
    {
        if (!guest.Spec.Persistent) await generation.VirshAsync(["create", "/dev/stdin"], cancellationToken, guest.Xml);
        if (guest.Spec.State is GuestState.ShutOff) return;
        await WaitForTicksAsync(guest, 5, cancellationToken);
        if (guest.Spec.State is GuestState.Paused) await generation.VirshAsync(["suspend", guest.Uuid], cancellationToken);
    }

    private static async Task CreateDiskAsync(Generation generation, GuestSpec spec, string path, CancellationToken cancellationToken)
    {
        var format = spec.Disk is DiskFormat.Qcow2 ? "qcow2" : "raw";
        await generation.RunAsync(["mkdir", "-p", Path.GetDirectoryName(path)!], cancellationToken);
        await generation.RunAsync(
            ["qemu-img", "create", "-q", "-f", format, path, string.Create(CultureInfo.InvariantCulture, $"{spec.DiskMiB}M")],
            cancellationToken);
        await generation.RunAsync(["chown", LibvirtQemu, path], cancellationToken);
    }
}
