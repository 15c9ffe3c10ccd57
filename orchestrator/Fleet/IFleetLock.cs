using HostSwap.Orchestrator.Configuration;
using HostSwap.Orchestrator.Errors;

namespace HostSwap.Orchestrator.Fleet;

/// <summary>
/// Sees to it that no more than some servers of a group are swapped at a time, by a service that they all ask. Nothing is
/// swapped where it cannot be asked.
/// </summary>
public interface IFleetLock
{
    /// <summary>Takes a slot, or takes this member's own again, which an earlier process may have left.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="FleetBusyException">As many as may be have one, to the end of the configured wait.</exception>
    /// <exception cref="EnvironmentException">The service cannot be asked, or does not let this server ask.</exception>
    Task<IFleetSlot> AcquireAsync(CancellationToken cancellationToken);

    /// <summary>Looks who has slots. Changes nothing.</summary>
    /// <exception cref="EnvironmentException">The service cannot be asked.</exception>
    Task<FleetStatus> GetStatusAsync(CancellationToken cancellationToken);
}

/// <summary>A slot that this server has, until it is disposed of. That throws nothing for a service that is away: see <see cref="NotReleased"/>.</summary>
public interface IFleetSlot : IAsyncDisposable
{
    /// <summary>
    /// Fires when it cannot be proved any more that the slot is held, early enough that no other member has it yet. Whoever
    /// holds it begins nothing more then, and comes to an orderly end.
    /// </summary>
    CancellationToken Lost { get; }

    /// <summary>The slot in words, for logs and people.</summary>
    string Description { get; }

    /// <summary>After disposal, why the service could not be told that the slot is free, and what becomes of it; null where it was told.</summary>
    string? NotReleased { get; }
}

/// <summary>Who has slots of a group.</summary>
/// <param name="Service">What was asked.</param>
/// <param name="Group">The group.</param>
/// <param name="Limit">How many may have one; null where the service has its own limit, or nobody is asked.</param>
/// <param name="Member">What this server is called there.</param>
/// <param name="Holders">Those who have one; null where the service does not tell.</param>
public sealed record FleetStatus(FleetService Service, string Group, int? Limit, string Member, IReadOnlyList<FleetHolder>? Holders);

/// <summary>A member that has a slot.</summary>
/// <param name="Member">What it is called: untrusted text.</param>
/// <param name="Host">Its machine's name: untrusted text; empty where it is not known.</param>
/// <param name="Since">Since when; null where it is not known.</param>
public sealed record FleetHolder(string Member, string Host, DateTimeOffset? Since);

/// <summary>As many servers of the group as may be are being swapped; nothing was touched.</summary>
/// <param name="message">Which, and by whose word: may quote untrusted text.</param>
public sealed class FleetBusyException(string message) : HostSwapException(
    message, "Try again later, or have it waited for with fleet.wait in the configuration. 'hostctl fleet status' says what is known.");
