using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Verifying.Checks;

/// <summary>What the checks of one VM have in common.</summary>
internal static class VmCheck
{
    /// <summary>Whether its guest executes: more can be asked of it then than of a paused one.</summary>
    public static bool Executes(DomainRecord domain) => domain.State is DomainState.Running or DomainState.Blocked;

    public static HealthCheck Ok(string name, DomainRecord domain, string message) =>
        Make(name, domain, HealthStatus.Ok, message, "");

    public static HealthCheck Make(string name, DomainRecord domain, HealthStatus status, string message, string fix) =>
        new(name, status, message, fix) { Subject = domain.Name };
}
