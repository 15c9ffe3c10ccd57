using System.Xml.Linq;
using HostSwap.Lab;
using HostSwap.Lab.Guests;
using HostSwap.Lab.Hosts;

namespace HostSwap.IntegrationTests.Support;

/// <summary>A host that has one of each of what a swap carries.</summary>
internal sealed class FullWorld
{
    public const string Title = "Shop & <one>";
    public const string Network = "backstage";
    public const string Filter = "tenant";
    public const string Reserved = "52:54:00:aa:bb:cc";
    public const string Moment = "before";
    public const string Secret = "6b0a5b3e-0000-4000-8000-000000000001";
    public const string KeyFile = "/etc/ssh/ssh_host_ed25519_key";
    public const string Key = "a key of the operator's";
    public const string MediatedDevice = "30820a6f-b1a5-4503-91ca-0c10ba58692a";

    /// <summary>"value", as libvirt is told it.</summary>
    public const string Value = "dmFsdWU=";

    private const string MediatedParent = "0000:00:02.0";
    private const string Hook = "/etc/libvirt/hooks/qemu.d/50-tenant";

    private FullWorld(IReadOnlyList<Guest> guests, string lease)
    {
        (Web, Shot, Point, Fleeting) = (guests[0], guests[1], guests[2], guests[3]);
        (Saved, Firm, Spare) = (guests[5], guests[6], guests[7]);
        Lease = lease;
    }

    /// <summary>Runs, with a title, metadata, a filtered card, and another in libvirt's own network.</summary>
    public Guest Web { get; }

    /// <summary>Runs, with a snapshot.</summary>
    public Guest Shot { get; }

    /// <summary>Runs, with a checkpoint.</summary>
    public Guest Point { get; }

    /// <summary>Runs, and is transient.</summary>
    public Guest Fleeting { get; }

    /// <summary>Is saved.</summary>
    public Guest Saved { get; }

    /// <summary>Is shut off, with a virtual TPM and UEFI variables.</summary>
    public Guest Firm { get; }

    /// <summary>Is shut off, with a snapshot, and starts by itself.</summary>
    public Guest Spare { get; }

    /// <summary>The address that libvirt's network has given away.</summary>
    public string Lease { get; }

    public static LabOptions Options(string image) => new LabOptions { Purpose = "one of each", Image = image }
        .With("generation", "soak = \"1h\"")
        .With("carry", $"files = [\"{KeyFile}\", \"{Hook}\"]");

    public static async Task<FullWorld> BuildAsync(OuterHostLab lab, Generation generation, CancellationToken token)
    {
        await DefineObjectsAsync(lab, generation, token);
        await WriteFilesAsync(generation, token);
        var off = new GuestSpec("") { State = GuestState.ShutOff, Disk = DiskFormat.Qcow2 };
        var on = new GuestSpec("") { Disk = DiskFormat.Qcow2 };
        var guests = await lab.AddGuestsAsync(
            generation,
            [
                on with { Name = "web", Uuid = Guid.NewGuid(), Autostart = true, Filter = Filter, Words = ["hs.http"], ExtraDevices = [DomainXmlWriter.FurtherCard("network", Network)] },
                on with { Name = "shot", Uuid = Guid.NewGuid(), DiskMiB = 512 },
                on with { Name = "point", Uuid = Guid.NewGuid() },
                on with { Name = "fleeting", Uuid = Guid.NewGuid(), Persistent = false },
                on with { Name = "still", Uuid = Guid.NewGuid(), State = GuestState.Paused },
                off with { Name = "saved", Uuid = Guid.NewGuid() },
                off with { Name = "firm", Uuid = Guid.NewGuid(), ExtraDevices = [Devices.Tpm()] },
                off with { Name = "spare", Uuid = Guid.NewGuid(), Autostart = true },
            ],
            token);
        var (web, shot, point, saved, firm, spare) = (guests[0], guests[1], guests[2], guests[5], guests[6], guests[7]);
        await generation.VirshAsync(["desc", web.Uuid, "--live", "--config", "--title", Title], token);
        await generation.VirshAsync(["metadata", web.Uuid, "--live", "--config", "urn:example:tenant", "--key", "t", "--set", "<tenant>7</tenant>"], token);
        await generation.VirshAsync(["snapshot-create-as", shot.Uuid, Moment], token);
        await generation.VirshAsync(["snapshot-create-as", spare.Uuid, Moment], token);
        await generation.VirshAsync(["checkpoint-create-as", point.Uuid, Moment], token);
        await generation.VirshAsync(["start", saved.Uuid], token);
        await OuterHostLab.WaitForTicksAsync(saved, 2, token);
        await generation.VirshAsync(["managedsave", saved.Uuid], token);
        // Its first start makes what its TPM and its firmware keep.
        await generation.VirshAsync(["define", "/dev/stdin"], token, Devices.WithUefi(firm.Xml, "firm").ToString());
        await generation.VirshAsync(["start", firm.Uuid], token);
        await generation.VirshAsync(["destroy", firm.Uuid], token);
        return new FullWorld(guests, await DhcpClient.AskAsync(web, wanted: null, token));
    }

    private static async Task DefineObjectsAsync(OuterHostLab lab, Generation generation, CancellationToken token)
    {
        var network = new XElement(
            "network",
            new XElement("name", Network),
            new XElement("bridge", new XAttribute("name", "virbr-back")),
            new XElement("mac", new XAttribute("address", "52:54:00:12:34:56")),
            new XElement(
                "ip",
                new XAttribute("address", "192.168.77.1"),
                new XAttribute("prefix", 24),
                new XElement(
                    "dhcp",
                    new XElement("range", new XAttribute("start", "192.168.77.2"), new XAttribute("end", "192.168.77.100")),
                    new XElement("host", new XAttribute("mac", Reserved), new XAttribute("ip", "192.168.77.150")))));
        await generation.VirshAsync(["net-define", "/dev/stdin"], token, network.ToString());
        await generation.VirshAsync(["net-start", Network], token);
        await generation.VirshAsync(["net-autostart", Network], token);
        await lab.AddPoolAsync(generation, "images", token);
        await generation.VirshAsync(
            ["nwfilter-define", "/dev/stdin"], token, $"<filter name='{Filter}' chain='root'><filterref filter='no-mac-broadcast'/><rule action='accept' direction='inout'><mac protocolid='ipv4'/></rule></filter>");
        await generation.VirshAsync(
            ["secret-define", "/dev/stdin"], token, $"<secret ephemeral='no' private='no'><uuid>{Secret}</uuid><usage type='volume'><volume>/srv/one</volume></usage></secret>");
        await generation.VirshAsync(["secret-set-value", Secret, "--base64", Value], token);
    }

    /// <summary>The definition of the node device is as mdevctl writes it; there is no such device on a machine of ours to have it written for.</summary>
    private static async Task WriteFilesAsync(Generation generation, CancellationToken token)
    {
        var definition = $"/etc/mdevctl.d/{MediatedParent}/{MediatedDevice}";
        await generation.RunAsync(["mkdir", "-p", Path.GetDirectoryName(KeyFile)!, Path.GetDirectoryName(Hook)!, Path.GetDirectoryName(definition)!], token);
        await generation.RunAsync(["tee", KeyFile], token, Key);
        await generation.RunAsync(["chmod", "600", KeyFile], token);
        await generation.RunAsync(["tee", Hook], token, "#!/bin/sh\nexit 0\n");
        await generation.RunAsync(["chmod", "755", Hook], token);
        await generation.RunAsync(["tee", definition], token, "{\n  \"mdev_type\": \"i915-GVTg_V5_4\",\n  \"start\": \"manual\",\n  \"attrs\": []\n}\n");
    }
}
