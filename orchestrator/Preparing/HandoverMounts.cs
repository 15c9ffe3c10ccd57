using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Memory;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>What a generation's container sees of the outer host for handover's sake.</summary>
public static class HandoverMounts
{
    /// <summary>
    /// Those of <see cref="HostImageContract.HandoverMounts"/> that a running container does not show as they are outside. One
    /// that an older hostctl made has none; one that was started before the memory was mounted shows what was below the mount.
    /// </summary>
    public static IReadOnlyList<string> Missing(Generation generation, ContainerDescription container, HostSwapSettings settings, IOuterKernel kernel)
    {
        var mounted = new MemoryMount(settings, kernel).Find() is not null;
        return [.. HostImageContract.Describe(generation, settings, [], [], []).Mounts
            .Where(mount => HostImageContract.HandoverMounts.Contains(mount.Target, StringComparer.Ordinal))
            .Where(mount => !Shows(mount, container, kernel) || (!mounted && mount.Target is HostImageContract.Memory))
            .Select(mount => mount.Target)];
    }

    private static bool Shows(BindMount mount, ContainerDescription container, IOuterKernel kernel) =>
        container.Mounts.TryGetValue(mount.Target, out var source)
        && string.Equals(source, mount.Source, StringComparison.Ordinal)
        && kernel.Look(Environment.ProcessId, mount.Source) is { } outside
        && kernel.Look(container.InitPid, mount.Target) is { } inside
        && outside.IsSameFileAs(inside);
}
