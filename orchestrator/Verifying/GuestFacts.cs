namespace HostSwap.Orchestrator.Verifying;

/// <summary>What a guest told of itself through its agent. All of it is the guest's word and optional.</summary>
/// <param name="BootId">Its kernel's boot id, which lasts as long as it is not started anew; null where it was not told.</param>
/// <param name="Clock">Its clock; null where it was not told.</param>
/// <param name="Untold">Why something was not told; null where everything was.</param>
public sealed record GuestFacts(Guid? BootId, GuestClock? Clock, string? Untold)
{
    /// <summary>A guest without an agent.</summary>
    public static GuestFacts NoAgent { get; } = new(BootId: null, Clock: null, "no guest agent is connected");
}

/// <summary>A guest's clock.</summary>
/// <param name="Offset">How far it is ahead of the outer host's.</param>
/// <param name="Uncertainty">How wrong the offset may be at most: half the time that asking took.</param>
public sealed record GuestClock(TimeSpan Offset, TimeSpan Uncertainty);

/// <summary>What was seen of a VM before a move, to be compared with what is seen after it.</summary>
/// <param name="Guest">What its guest told.</param>
/// <param name="Faults">Names of the checks that failed even then: they are not the move's doing.</param>
public sealed record VmFacts(GuestFacts Guest, IReadOnlySet<string> Faults) : IAsyncDisposable
{
    /// <summary>Nothing was noted.</summary>
    public static VmFacts None { get; } = new(GuestFacts.NoAgent, new HashSet<string>(StringComparer.Ordinal));

    /// <summary>Listens for the guest's own reboots from then on; null where nothing of the guest was told.</summary>
    internal RebootWatch? Reboots { get; init; }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Reboots?.DisposeAsync() ?? ValueTask.CompletedTask;
}
