using System.Xml.Linq;

namespace HostSwap.Orchestrator.Inventory;

/// <summary>
/// Reads what one element below a domain's <c>devices</c> asks for. libvirt's names of models and QEMU's differ: the latter are
/// those that libvirt's <c>qemu_command.c</c>, <c>qemu_domain.c</c> and <c>domain_conf.c</c> give to QEMU, as QEMU's
/// <c>qom-list-types</c> tells them.
/// </summary>
internal static class DeviceReader
{
    private static readonly Dictionary<string, string> UsbControllers = new(StringComparer.Ordinal)
    {
        ["piix3-uhci"] = "piix3-usb-uhci",
        ["piix4-uhci"] = "piix4-usb-uhci",
        ["vt82c686b-uhci"] = "vt82c686b-usb-uhci",
        ["ehci"] = "usb-ehci",
        ["ich9-ehci1"] = "ich9-usb-ehci1",
        ["ich9-uhci1"] = "ich9-usb-uhci1",
        ["ich9-uhci2"] = "ich9-usb-uhci2",
        ["ich9-uhci3"] = "ich9-usb-uhci3",
        ["nec-xhci"] = "nec-usb-xhci",
    };

    private static readonly Dictionary<string, string> ScsiControllers = new(StringComparer.Ordinal)
    {
        ["lsilogic"] = "lsi53c895a",
        ["lsisas1068"] = "mptsas1068",
        ["lsisas1078"] = "megasas",
        ["vmpvscsi"] = "pvscsi",
        ["ibmvscsi"] = "spapr-vscsi",
    };

    private static readonly Dictionary<string, string> Sounds = new(StringComparer.Ordinal)
    {
        ["ac97"] = "AC97",
        ["es1370"] = "ES1370",
        ["ich6"] = "intel-hda",
        ["ich7"] = "intel-hda",
        ["ich9"] = "ich9-intel-hda",
        ["usb"] = "usb-audio",
        ["pcspk"] = "isa-pcspk",
    };

    private static readonly Dictionary<string, string> MemoryDevices = new(StringComparer.Ordinal) { ["dimm"] = "pc-dimm" };

    private static readonly Dictionary<string, string> Panics = new(StringComparer.Ordinal) { ["isa"] = "pvpanic", ["pvpanic"] = "pvpanic-pci" };

    private static readonly Dictionary<string, string> Smartcards = new(StringComparer.Ordinal)
    {
        ["host"] = "ccid-card-emulated",
        ["host-certificates"] = "ccid-card-emulated",
        ["passthrough"] = "ccid-card-passthru",
    };

    /// <summary>Everything; what it does not know it names.</summary>
    public static IEnumerable<HardwareNeed> Read(XElement device)
    {
        var (name, model) = (device.Name.LocalName, Attribute(device, "model"));
        return name switch
        {
            // The first is looked for by its path; host devices move live in no case; filters and leases are no hardware.
            "emulator" or "hostdev" or "redirfilter" or "lease" => [],
            "disk" => Disk(device),
            "interface" => Interface(device),
            "controller" => Controller(device, Attribute(device, "type") ?? "", model),
            "video" => [Listed("video card of type", "devices.video.modelType", Attribute(device.Element("model"), "type"))],
            "graphics" => [Listed("display of type", "devices.graphics.type", Attribute(device, "type"))],
            "filesystem" => [Listed("shared directory with driver", "devices.filesystem.driverType", Attribute(device.Element("driver"), "type") ?? "path")],
            "redirdev" => [Listed("USB redirection by", "devices.redirdev.bus", Attribute(device, "bus")) with { QemuType = "usb-redir" }],
            "rng" =>
            [
                Listed("random number generator of model", "devices.rng.model", model),
                Listed("random number generator with backend", "devices.rng.backendModel", Attribute(device.Element("backend"), "model")),
            ],
            "tpm" => Tpm(device, model),
            "crypto" => [Listed("crypto device of model", "devices.crypto.model", model) with { QemuType = Virtio("virtio-crypto", model, device) }],
            "panic" => model is "hyperv" or "pseries" or "s390" ? [] : [Listed("panic device of model", "devices.panic.model", model) with { QemuType = Panics.GetValueOrDefault(model ?? "isa") }],
            "serial" or "parallel" or "console" or "channel" => Character(device, name),
            "sound" => [Typed("sound card of model", model, model is "virtio" ? Virtio("virtio-sound", model, device) : Sounds.GetValueOrDefault(model ?? "", model ?? ""))],
            "audio" => Attribute(device, "type") is "none" or null ? [] : [Audio(Attribute(device, "type")!)],
            // The one of q35 is built in; libvirt leaves it out of what it sends.
            "watchdog" => model is "itco" or "diag288" ? [] : [Typed("watchdog of model", model, model ?? "")],
            "memballoon" => model is "none" or "xen" ? [] : [Typed("memory balloon of model", model, Virtio("virtio-balloon", model, device))],
            "input" => Input(device, Attribute(device, "type") ?? "", Attribute(device, "bus")),
            "hub" => [Typed("hub of type", "usb", "usb-hub")],
            "smartcard" => [Typed("smart card reader of mode", Attribute(device, "mode"), Smartcards.GetValueOrDefault(Attribute(device, "mode") ?? "", ""))],
            "shmem" => [Typed("shared memory of model", Attribute(device.Element("model"), "type"), Attribute(device.Element("model"), "type") ?? "ivshmem-plain")],
            "memory" => [Typed("memory device of model", model, model is "virtio-mem" or "virtio-pmem" ? $"{model}{Bus(device)}" : MemoryDevices.GetValueOrDefault(model ?? "", model ?? ""))],
            "vsock" => [Typed("vsock of model", model, Virtio("vhost-vsock", model, device))],
            "iommu" => Iommu(device, model),
            _ => [new HardwareNeed($"device <{name}>") { Known = false }],
        };
    }

    private static string? Attribute(XElement? element, string name) => element?.Attribute(name)?.Value;

    private static HardwareNeed Listed(string what, string list, string? value) =>
        new($"{what} {value ?? "?"}") { Listed = list, Value = value ?? "", Known = value is not null };

    private static HardwareNeed Typed(string what, string? model, string type) =>
        new($"{what} {model ?? "?"}") { QemuType = type, Known = type.Length > 0 };

    /// <summary>The bus is part of the name of QEMU's virtio devices.</summary>
    private static string Bus(XElement device) => Attribute(device.Element("address"), "type") switch
    {
        "virtio-mmio" => "-device",
        "ccw" => "-ccw",
        _ => "-pci",
    };

    private static string Virtio(string stem, string? model, XElement device) =>
        model is "virtio-transitional" or "virtio-non-transitional" ? $"{stem}-pci{model["virtio".Length..]}" : $"{stem}{Bus(device)}";

    private static IEnumerable<HardwareNeed> Disk(XElement disk)
    {
        yield return Listed("disk of kind", "devices.disk.diskDevice", Attribute(disk, "device") ?? "disk");
        if (Attribute(disk.Element("target"), "bus") is { } bus)
            yield return Listed("disk on the bus", "devices.disk.bus", bus);
        if (Attribute(disk, "model") is { } model)
            yield return Listed("disk of model", "devices.disk.model", model);
    }

    private static IEnumerable<HardwareNeed> Interface(XElement card)
    {
        if (Attribute(card.Element("backend"), "type") is { } backend)
            yield return Listed("network card with backend", "devices.interface.backendType", backend);
        if (Attribute(card.Element("model"), "type") is { } model)
            yield return Typed("network card of model", model, model.StartsWith("virtio", StringComparison.Ordinal) ? Virtio("virtio-net", model, card) : model);
    }

    /// <summary>Where libvirt has noted QEMU's own name of it, that counts. Others belong to the machine.</summary>
    private static IEnumerable<HardwareNeed> Controller(XElement controller, string type, string? model)
    {
        var noted = Attribute(controller.Element("model"), "name");
        var qemu = (type, model) switch
        {
            _ when noted is not null => noted,
            ("usb", "none") or ("pci", "pci-root" or "pcie-root") or ("ide" or "fdc" or "isa" or "sata", _) or (_, null) => null,
            ("usb", _) => UsbControllers.GetValueOrDefault(model, model),
            ("scsi", "virtio-scsi" or "virtio-transitional" or "virtio-non-transitional") => Virtio("virtio-scsi", model, controller),
            ("scsi", "auto" or "ncr53c90") => null,
            ("scsi", _) => ScsiControllers.GetValueOrDefault(model, model),
            ("virtio-serial", _) => Virtio("virtio-serial", model, controller),
            _ => model,
        };
        if (qemu is null && type is "virtio-serial" or "ccid")
            qemu = type is "ccid" ? "usb-ccid" : Virtio("virtio-serial", model, controller);
        if (qemu is not null)
            yield return Typed($"controller of type {type}, model", model ?? qemu, qemu);
    }

    private static IEnumerable<HardwareNeed> Tpm(XElement tpm, string? model)
    {
        yield return Listed("TPM of model", "devices.tpm.model", model);
        yield return Listed("TPM with backend", "devices.tpm.backendModel", Attribute(tpm.Element("backend"), "type"));
        if (Attribute(tpm.Element("backend"), "version") is { } version)
            yield return Listed("TPM of version", "devices.tpm.backendVersion", version);
    }

    /// <summary>
    /// What is behind it is in every QEMU but for what belongs to a display: libvirt lists of channels alone what there is, and
    /// not all of that.
    /// </summary>
    private static IEnumerable<HardwareNeed> Character(XElement device, string name)
    {
        if (Attribute(device, "type") is ("spicevmc" or "qemu-vdagent") and var behind)
            yield return Listed("channel of type", "devices.channel.type", behind);
        if (Attribute(device, "type") is ("spiceport" or "dbus") and var display)
            yield return Listed($"{name} to a display of type", "devices.graphics.type", display is "dbus" ? display : "spice");
        var target = device.Element("target");
        var noted = Attribute(target?.Element("model"), "name");
        var qemu = (name, Attribute(target, "type")) switch
        {
            _ when noted is not null => noted,
            ("serial", "isa-serial" or "usb-serial" or "pci-serial") => Attribute(target, "type"),
            ("console", "virtio") => "virtconsole",
            ("channel", "virtio") => "virtserialport",
            ("parallel", _) => "isa-parallel",
            _ => null,
        };
        if (qemu is not null)
            yield return Typed($"{name} of type", qemu, qemu);
    }

    private static HardwareNeed Audio(string type) => type is "spice"
        ? Listed("audio by a display of type", "devices.graphics.type", type)
        : new HardwareNeed($"audio of type {type}") { Known = false };

    private static IEnumerable<HardwareNeed> Input(XElement input, string type, string? bus) => (bus, type) switch
    {
        ("ps2", _) => [],
        (_, "evdev") => [new HardwareNeed("input of type evdev") { Known = false }],
        ("virtio", "passthrough") => [Typed("virtio input of type", type, $"virtio-input-host{Bus(input)}")],
        ("virtio", _) => [Typed("virtio input of type", type, Virtio($"virtio-{type}", Attribute(input, "model"), input))],
        _ => [Typed($"{bus ?? "USB"} input of type", type, type is "keyboard" ? "usb-kbd" : $"usb-{type}")],
    };

    private static IEnumerable<HardwareNeed> Iommu(XElement device, string? model) => model switch
    {
        "intel" or "amd" => [Typed("IOMMU of model", model, $"{model}-iommu")],
        "virtio" => [Typed("IOMMU of model", model, $"virtio-iommu{Bus(device)}")],
        _ => [new HardwareNeed($"IOMMU of model {model ?? "?"}") { Known = false }],
    };
}
