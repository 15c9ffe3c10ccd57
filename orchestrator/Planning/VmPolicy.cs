using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning;

/// <summary>How one VM wants to be moved.</summary>
/// <param name="OnNoConvergence">What becomes of its copy where that does not converge.</param>
/// <param name="Priority">The higher, the sooner it moves.</param>
/// <param name="Group">No two VMs of one group are ever in flight together; null where it is in none.</param>
public sealed record VmPolicy(ConvergencePolicy OnNoConvergence, int Priority, string? Group)
{
    /// <summary>Whether it may be moved while it runs.</summary>
    public bool MovesLive { get; init; } = true;

    /// <summary>What becomes of it where it cannot, or must not.</summary>
    public NotLivePolicy WhenNotLive { get; init; } = SettingsDefaults.WhenNotLive;

    /// <summary>How long its guest gets to shut down.</summary>
    public TimeSpan ShutdownDeadline { get; init; } = SettingsDefaults.ShutdownDeadline;

    /// <summary>That of a VM of which nobody says anything.</summary>
    public static VmPolicy Default { get; } = new(SettingsDefaults.Policy, Priority: 0, Group: null);

    /// <summary>
    /// Point by point: what the machine's configuration says of the VM goes before the VM's own metadata, which others
    /// may be allowed to write, and that before what the configuration says of all.
    /// </summary>
    public static VmPolicy Of(VirtualMachine machine, HostSwapSettings settings)
    {
        var configured = settings.Vms.GetValueOrDefault(machine.Name);
        var own = machine.Definition?.Metadata ?? VmMetadata.None;
        return new VmPolicy(
            configured?.Policy ?? own.Policy ?? settings.Migration.Convergence.Policy,
            configured?.Priority ?? own.Priority ?? Default.Priority,
            configured?.Group ?? own.Group)
        {
            MovesLive = configured?.Live ?? own.Live ?? Default.MovesLive,
            WhenNotLive = configured?.WhenNotLive ?? own.WhenNotLive ?? settings.Migration.WhenNotLive,
            ShutdownDeadline = configured?.ShutdownDeadline ?? settings.Migration.ShutdownDeadline,
        };
    }

    /// <summary>What of it is not the default, in words; empty where all is.</summary>
    public string InWords => string.Join(", ", Words());

    private IEnumerable<string> Words()
    {
        if (OnNoConvergence != Default.OnNoConvergence)
            yield return $"policy {OnNoConvergence.Word()}";
        if (Priority != Default.Priority)
            yield return $"priority {Priority}";
        if (Group is not null)
            yield return $"group {Group}";
        if (!MovesLive)
            yield return "never live";
        if (WhenNotLive != Default.WhenNotLive)
            yield return $"when not live: {WhenNotLive.Word()}";
    }
}
