using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Verifying.Checks;

/// <summary>
/// Whether a VM's network cards are plugged in: each tap is a port of its bridge, and the bridge forwards its packets.
/// States are the kernel's <c>BR_STATE_*</c> (linux/if_bridge.h).
/// </summary>
internal sealed class TapCheck(IOuterKernel kernel, TimeProvider time)
{
    /// <summary>Name of this check.</summary>
    public const string Name = "network";

    private const string Listening = "1";
    private const string Learning = "2";
    private const string Forwarding = "3";
    private const int LongestInterfaceName = 15; // IFNAMSIZ without its end

    /// <summary>How long a tap may take to forward once its QEMU runs.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Looks at every card that has a tap in a bridge.</summary>
    public async Task<IReadOnlyList<HealthCheck>> RunAsync(
        LiveGeneration place, DomainRecord domain, VmDefinition definition, CancellationToken cancellationToken)
    {
        var found = new List<HealthCheck>();
        var began = time.GetTimestamp();
        foreach (var card in definition.Interfaces)
        {
            if (card is not { Tap: { } tap, Bridge: { } bridge })
                continue;

            var check = Look(place, domain, tap, bridge);
            // sysfs sends no event for a port to a process outside the network namespace, so it is looked at again.
            while (check.Status != HealthStatus.Ok && time.GetElapsedTime(began) < Limit)
            {
                await Task.Delay(Interval, time, cancellationToken);
                check = Look(place, domain, tap, bridge);
            }

            found.Add(check);
        }

        return found;
    }

    private HealthCheck Look(LiveGeneration place, DomainRecord domain, string tap, string bridge)
    {
        if (!IsInterfaceName(tap) || !IsInterfaceName(bridge))
            return Bad(domain, HealthStatus.Error, $"its definition names the tap '{tap}' in the bridge '{bridge}'", "Mend its <interface>.");

        var state = kernel.ReadText(place.InitPid, $"/sys/class/net/{bridge}/brif/{tap}/state");
        return state switch
        {
            Forwarding => VmCheck.Ok(Name, domain, $"{tap} forwards in {bridge}"),
            null => Bad(
                domain,
                HealthStatus.Error,
                $"its tap {tap} is not in the bridge {bridge} of {place.Generation.Name}",
                $"Put it back: 'hostctl exec ip link set {tap} master {bridge}'."),
            // A paused guest sends nothing, and whether its port is ready matters when it goes on.
            _ when !VmCheck.Executes(domain) => VmCheck.Ok(Name, domain, $"{tap} is in {bridge}"),
            Listening or Learning => Bad(
                domain, HealthStatus.Warning, $"its tap {tap} is in {bridge} and does not forward yet (spanning tree)", "Lower the bridge's forward delay."),
            _ => Bad(
                domain,
                HealthStatus.Error,
                $"its tap {tap} is in {bridge} and does not forward (bridge port state {state})",
                $"Look at it: 'hostctl exec bridge -d link show dev {tap}'."),
        };
    }

    private static bool IsInterfaceName(string name) =>
        name.Length is > 0 and <= LongestInterfaceName && name is not ("." or "..") && !name.Any(letter => letter is '/' or <= ' ');

    private static HealthCheck Bad(DomainRecord domain, HealthStatus status, string message, string fix) =>
        VmCheck.Make(Name, domain, status, message, fix);
}
