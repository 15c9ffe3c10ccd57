using System.Globalization;
using System.Net;
using System.Xml.Linq;

namespace HostSwap.Lab.Guests;

/// <summary>Where a guest's parts are: paths are the same on the outer host and in every generation.</summary>
public sealed record GuestPlacement(
    string Accelerator,
    string Kernel,
    string InitialRamdisk,
    string ConsoleLog,
    string? DiskPath,
    IPAddress Address,
    IPAddress Gateway,
    int PrefixLength);

/// <summary>Writes domain XML by a real writer, so that no name can break out of its element.</summary>
public static class DomainXmlWriter
{
    /// <summary>The domain's definition.</summary>
    public static XDocument Write(GuestSpec spec, GuestPlacement placement) => new(
        new XElement(
            "domain",
            new XAttribute("type", placement.Accelerator),
            new XElement("name", spec.Name),
            new XElement("uuid", spec.Uuid.ToString("D")),
            new XElement("memory", new XAttribute("unit", "MiB"), spec.MemoryMiB),
            MemoryBacking(spec),
            new XElement("vcpu", spec.Cpus),
            new XElement(
                "os",
                new XElement("type", new XAttribute("arch", "x86_64"), new XAttribute("machine", spec.MachineType), "hvm"),
                spec.Loader is null ? null : new XElement("loader", new XAttribute("readonly", "yes"), new XAttribute("type", "pflash"), spec.Loader),
                new XElement("kernel", placement.Kernel),
                new XElement("initrd", placement.InitialRamdisk),
                new XElement("cmdline", CommandLine(spec, placement))),
            new XElement("features", new XElement("acpi"), new XElement("apic")),
            Cpu(spec),
            Clock(),
            new XElement("on_poweroff", "destroy"),
            new XElement("on_reboot", "restart"),
            new XElement("on_crash", "destroy"),
            Devices(spec, placement),
            !spec.Prepared ? null : Monitor(spec)));

    /// <summary>
    /// Without HPET, as virt-install defines every Linux guest: QEMU's own goes on ticking 250 times a second in an idle guest
    /// (500 rounds of QEMU's main loop), which was most of what an idle guest cost.
    /// </summary>
    private static XElement Clock() => new(
        "clock",
        new XAttribute("offset", "utc"),
        new XElement("timer", new XAttribute("name", "hpet"), new XAttribute("present", "no")));

    private static XElement? MemoryBacking(GuestSpec spec) => !spec.Prepared && !spec.SharesMemory ? null : new(
        "memoryBacking",
        new XElement("source", new XAttribute("type", spec.Prepared ? "file" : "memfd")),
        new XElement("access", new XAttribute("mode", "shared")));

    private static XElement Monitor(GuestSpec spec)
    {
        XNamespace qemu = "http://libvirt.org/schemas/domain/qemu/1.0";
        string[] arguments =
        [
            "-chardev", $"socket,id=hostswap-qmp,path=/run/hostswap/qmp/{spec.Uuid:D}.sock,server=on,wait=off",
            "-mon", "chardev=hostswap-qmp,mode=control",
        ];
        return new XElement(qemu + "commandline", arguments.Select(argument => new XElement(qemu + "arg", new XAttribute("value", argument))));
    }

    private static XElement Cpu(GuestSpec spec) => spec.Cpu ?? new XElement(
        "cpu",
        new XAttribute("mode", "custom"),
        new XAttribute("match", "exact"),
        // An emulator lacks features of every model; what is left is the same on both sides, which is what matters.
        new XAttribute("check", "none"),
        new XElement("model", new XAttribute("fallback", "forbid"), spec.CpuModel));

    private static XElement Devices(GuestSpec spec, GuestPlacement placement) => new(
        "devices",
        new XElement("emulator", "/usr/bin/qemu-system-x86_64"),
        spec.FirstDisk ?? Disk(spec, placement),
        NetworkCard(spec),
        new XElement(
            "serial",
            new XAttribute("type", "pty"),
            new XElement("log", new XAttribute("file", placement.ConsoleLog), new XAttribute("append", "on")),
            new XElement("target", new XAttribute("port", 0))),
        new XElement("console", new XAttribute("type", "pty"), new XElement("target", new XAttribute("type", "serial"), new XAttribute("port", 0))),
        new XElement("video", new XElement("model", new XAttribute("type", "none"))),
        new XElement("memballoon", new XAttribute("model", "none")),
        AgentChannel(spec),
        spec.ExtraDevices);

    private static XElement? AgentChannel(GuestSpec spec) => !spec.Agent ? null : new(
        "channel",
        new XAttribute("type", "unix"),
        new XElement("target", new XAttribute("type", "virtio"), new XAttribute("name", "org.qemu.guest_agent.0")));

    private static XElement? Disk(GuestSpec spec, GuestPlacement placement) => placement.DiskPath is null ? null : new(
        "disk",
        new XAttribute("type", "file"),
        new XAttribute("device", "disk"),
        new XElement("driver", new XAttribute("name", "qemu"), new XAttribute("type", spec.Disk is DiskFormat.Qcow2 ? "qcow2" : "raw")),
        new XElement("source", new XAttribute("file", placement.DiskPath)),
        new XElement("target", new XAttribute("dev", "vda"), new XAttribute("bus", "virtio")));

    private static XElement? NetworkCard(GuestSpec spec) => (spec.Bridge, spec.Network) switch
    {
        ({ } bridge, _) => Card("bridge", new XAttribute("bridge", bridge), spec),
        (null, { } network) => Card("network", new XAttribute("network", network), spec),
        _ => null,
    };

    /// <summary>A further card, on a bridge or in a libvirt network.</summary>
    public static XElement FurtherCard(string type, string source) => Card(type, new XAttribute(type, source), new GuestSpec(""));

    /// <summary>A device that no QEMU migrates, and that needs no hardware.</summary>
    public static XElement Ring() => new(
        "shmem",
        new XAttribute("name", "ring"),
        new XAttribute("role", "peer"),
        new XElement("model", new XAttribute("type", "ivshmem-plain")),
        new XElement("size", new XAttribute("unit", "M"), 4));

    private static XElement Card(string type, XAttribute source, GuestSpec spec) => new(
        "interface",
        new XAttribute("type", type),
        spec.Mac is null ? null : new XElement("mac", new XAttribute("address", spec.Mac)),
        new XElement("source", source),
        new XElement("model", new XAttribute("type", "virtio")),
        spec.Queues is null ? null : new XElement("driver", new XAttribute("queues", spec.Queues)),
        spec.Filter is null ? null : new XElement("filterref", new XAttribute("filter", spec.Filter)),
        // Without a boot ROM the guest starts sooner and needs no file of another package.
        new XElement("rom", new XAttribute("enabled", "no")));

    private static string CommandLine(GuestSpec spec, GuestPlacement placement)
    {
        List<string> words =
        [
            "console=ttyS0",
            "quiet",
            // The kernel counts at its start the interrupts that an emulated timer sends in ten of its periods, and panics
            // where a busy machine held QEMU up for just these ("IO-APIC + timer doesn't work!"). Under KVM it leaves that out.
            "no_timer_check",
            // The name is any text; the kernel's command line takes only what cannot end a word.
            $"hs.name={KernelWord(spec.Name)}",
            $"hs.ip={placement.Address}/{placement.PrefixLength.ToString(CultureInfo.InvariantCulture)}",
        ];
        if (spec.TickMs is { } tick) words.Add(string.Create(CultureInfo.InvariantCulture, $"hs.tick={tick}"));
        if (spec.Dirty is { } dirty) words.Add(string.Create(CultureInfo.InvariantCulture, $"hs.dirty={dirty.MiB}:{dirty.MiBPerSecond}"));
        var rate = spec.CheckedMiBPerSecond is { } check ? string.Create(CultureInfo.InvariantCulture, $":{check}") : "";
        if (spec.FillMiB > 0) words.Add(string.Create(CultureInfo.InvariantCulture, $"hs.fill={spec.FillMiB}{rate}"));
        if (spec.DiskKiBPerSecond > 0) words.Add(string.Create(CultureInfo.InvariantCulture, $"hs.disk={spec.DiskKiBPerSecond}"));
        if (spec.LoadsNetwork) words.Add($"hs.net={placement.Gateway}");
        if (spec.Agent) words.Add("hs.agent");
        words.AddRange(spec.Words);
        return string.Join(' ', words);
    }

    private static string KernelWord(string name)
    {
        var word = new string([.. name.Where(static letter => char.IsAsciiLetterOrDigit(letter) || letter is '-')]).Trim('-');
        return word.Length == 0 ? "guest" : word[..Math.Min(word.Length, 32)];
    }
}
