namespace HostSwap.Orchestrator.Planning;

/// <summary>Whether a running VM's RAM can be handed over, and how; or why not.</summary>
/// <param name="Possible">Whether it can.</param>
/// <param name="Reason">How it is done, or why it is not.</param>
public sealed record HandoverOffer(bool Possible, string Reason)
{
    /// <summary>Whether nothing of the VM itself is in the way, also where it is not handed over for another reason.</summary>
    public bool Ready { get; init; } = Possible;
}
