namespace HostSwap.Orchestrator.Planning;

/// <summary>How far handover of one machine type and CPU can be trusted between two images on this machine.</summary>
public enum CanaryProof
{
    /// <summary>A canary was handed over, and nothing was wrong with it.</summary>
    Proven,

    /// <summary>No canary has flown yet; one will before the first VM moves.</summary>
    Pending,

    /// <summary>A canary has failed, or none has flown and none will in this operation.</summary>
    Doubtful,
}

/// <summary>What is known from canaries, guests of our own that are moved there and back before the VMs are moved.</summary>
/// <param name="Proof">How far handover can be trusted.</param>
/// <param name="Reason">In words, as part of a sentence on a VM.</param>
public sealed record CanaryVerdict(CanaryProof Proof, string Reason)
{
    /// <summary>That of two images between which none has flown.</summary>
    public static CanaryVerdict Pending { get; } = new(CanaryProof.Pending, "a canary has yet to prove it");

    /// <summary>That of those for which none will fly in this operation.</summary>
    public static CanaryVerdict NotTried { get; } = new(
        CanaryProof.Doubtful, "no canary has proven handover of its machine type and CPU between these images yet, and none was needed when the plan was made; the next operation has one fly");

    /// <summary>That of those for which none has flown since the others took too long.</summary>
    public static CanaryVerdict NoTime { get; } = new(
        CanaryProof.Doubtful, "no canary has proven handover of its machine type and CPU yet, since those of the others took too long; the next operation has more fly");

    /// <summary>
    /// Why a canary could not even be copied: what it shares with VMs does not move between these images at all, so that they are
    /// not moved either. Null where it could, or none has tried.
    /// </summary>
    public string? WhyNotMoved { get; init; }

    /// <summary>Why one that had been copied could not be copied back, so that VMs could not come back either; null as above.</summary>
    public string? WhyNoWayBack { get; init; }

    /// <summary>Why one that had been handed over could not be handed back, so that VMs would be copied on their way back; null as above.</summary>
    public string? WhyCopiedBack { get; init; }

    /// <summary>What is offered to a VM in its light: any doubt leaves a copy alone.</summary>
    public HandoverOffer Weigh(HandoverOffer offer) => (offer.Possible, Proof) switch
    {
        (false, _) => offer,
        (true, CanaryProof.Doubtful) => new HandoverOffer(false, Reason) { Ready = true },
        _ => offer with { Reason = $"{offer.Reason}; {Reason}" },
    };
}
