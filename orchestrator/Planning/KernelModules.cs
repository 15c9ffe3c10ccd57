using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Planning;

/// <summary>
/// The kernel's parts on which VMs stand. There is one kernel, the outer host's, so that both sides have the same; what differs
/// is whether a container was given the device by which each is used.
/// </summary>
internal static class KernelModules
{
    private const int LargestList = 1 << 20;

    private static readonly IReadOnlyList<(string Name, string Device)> Wanted =
        [("kvm", "/dev/kvm"), ("tun", "/dev/net/tun"), ("vhost_net", "/dev/vhost-net"), ("vhost_vsock", "/dev/vhost-vsock"), ("fuse", "/dev/fuse")];

    /// <summary>Reads them.</summary>
    /// <param name="kernel">The outer host's kernel.</param>
    /// <param name="source">Process id of the init of the side that VMs leave.</param>
    /// <param name="target">That of the other side; null where there is none yet.</param>
    public static IReadOnlyList<KernelModule> Read(IOuterKernel kernel, int source, int? target)
    {
        // One line for each, beginning with its name (proc(5)). What is built in is not among them and is in /sys/module all the same.
        var loaded = (kernel.ReadText(source, "/proc/modules", LargestList) ?? "").Split('\n').Select(static line => line.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        return
        [
            .. Wanted.Select(module => new KernelModule(
                module.Name,
                loaded.Contains(module.Name) ? "loaded" : kernel.Look(source, $"/sys/module/{module.Name}") is null ? "not loaded" : "built in",
                module.Device,
                kernel.Look(source, module.Device) is not null,
                target is { } pid ? kernel.Look(pid, module.Device) is not null : null)),
        ];
    }
}

/// <summary>One of the kernel's parts.</summary>
/// <param name="Name">Its name, as <c>lsmod</c> tells it.</param>
/// <param name="State"><c>loaded</c>, <c>built in</c> or <c>not loaded</c>.</param>
/// <param name="Device">The device by which QEMU or libvirt uses it.</param>
/// <param name="From">Whether the side that VMs leave has the device.</param>
/// <param name="To">Whether the other side has it; null where that was not looked at.</param>
public sealed record KernelModule(string Name, string State, string Device, bool From, bool? To);
