using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Verifying.Checks;

/// <summary>Whether the outer host has more memory left than it keeps in reserve.</summary>
internal static class FreeMemory
{
    public static HealthCheck Look(IOuterKernel kernel, HostSwapSettings settings)
    {
        var (available, reserve) = (kernel.AvailableMemoryBytes() >> 20, settings.Migration.MemoryReserveMiB);
        return available >= reserve
            ? new HealthCheck("memory", HealthStatus.Ok, $"{available} MiB available, of which {reserve} MiB are kept in reserve", "")
            : new HealthCheck(
                "memory",
                HealthStatus.Warning,
                $"{available} MiB available, and {reserve} MiB are to be kept in reserve",
                "No VM can be copied; free memory or lower migration.memory_reserve_mib.");
    }
}
