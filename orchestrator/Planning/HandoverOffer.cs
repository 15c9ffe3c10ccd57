namespace HostSwap.Orchestrator.Planning;

/// <summary>Whether a running VM's RAM can be handed over, and how; or why not.</summary>
/// <param name="Possible">Whether it can.</param>
/// <param name="Reason">How it is done, or why it is not.</param>
public sealed record HandoverOffer(bool Possible, string Reason);
