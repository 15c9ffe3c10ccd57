using System.Xml;
using System.Xml.Linq;
using HostSwap.Orchestrator.Generations;

namespace HostSwap.Orchestrator.Preparing;

/// <summary>How far a VM is from being handed over.</summary>
public enum HandoverStage
{
    /// <summary>It can be handed over as it runs now.</summary>
    Ready,

    /// <summary>Its persistent definition is prepared, and it has not been started with it yet.</summary>
    AfterColdStart,

    /// <summary>It is not prepared.</summary>
    NotPrepared,

    /// <summary>Something in its definition forbids it.</summary>
    Impossible,

    /// <summary>It is prepared, and what it needs of its generation is not there.</summary>
    Unavailable,
}

/// <summary>What is known of a VM, to be judged by <see cref="HandoverReadiness.Of"/>.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="Live">Its live XML; its inactive one where it does not run.</param>
/// <param name="Next">Its inactive XML, which its next cold start uses; null for a transient one.</param>
/// <param name="Generation">The generation that it is in.</param>
/// <param name="MissingMounts">
/// Those of <see cref="HostImageContract.HandoverMounts"/> that its container does not show; a container of an older hostctl
/// has none of them.
/// </param>
/// <param name="PageSize">Page size of a hugetlbfs memory mount in bytes; null for a tmpfs.</param>
/// <param name="FileLength">Length in bytes of a file of the outer host; null where there is none.</param>
public sealed record HandoverFacts(
    Guid Uuid,
    XElement Live,
    XElement? Next,
    GenerationPaths Generation,
    IReadOnlyList<string> MissingMounts,
    long? PageSize,
    Func<string, long?> FileLength);

/// <summary>Whether a VM can be handed over: moved without its RAM being copied.</summary>
/// <param name="Stage">How far it is from that.</param>
/// <param name="Reason">Why, and what to do where it is not ready: one sentence, which may hold untrusted text.</param>
/// <param name="Ram">The files of its RAM, where it is ready.</param>
public sealed record HandoverReadiness(HandoverStage Stage, string Reason, RamFiles? Ram)
{
    /// <summary>Whether it can be handed over now.</summary>
    public bool Ready => Stage == HandoverStage.Ready;

    /// <summary>Judges a VM. Only what it was started with counts: a changed definition does nothing to a running QEMU.</summary>
    public static HandoverReadiness Of(HandoverFacts facts)
    {
        try
        {
            return Judge(facts, RamFiles.Read(facts.Live));
        }
        catch (XmlException exception)
        {
            return new HandoverReadiness(HandoverStage.Impossible, $"its definition cannot be read: {exception.Message}", Ram: null);
        }
    }

    private static HandoverReadiness Judge(HandoverFacts facts, RamFiles? ram)
    {
        if (Unfitness.Find(facts.Live, facts.Uuid, facts.PageSize) is [var first, ..] refusals)
        {
            var others = refusals.Count == 1 ? "" : $" (and {refusals.Count - 1} more)";
            return Not(HandoverStage.Impossible, $"{first.Problem}{others}");
        }

        if (ram is null)
        {
            return HandoverXml.IsPrepared(facts.Live, facts.Uuid)
                ? Not(HandoverStage.AfterColdStart, "shut off; prepared, ready once it is started")
                : Not(HandoverStage.NotPrepared, "shut off; not prepared: 'hostctl vm prepare'");
        }

        if (!HandoverXml.IsPrepared(facts.Live, facts.Uuid))
            return NotStartedSo(facts);
        if (facts.MissingMounts.Count > 0)
        {
            return Not(
                HandoverStage.Unavailable,
                $"{Generation.NameOf(facts.Generation.Number)} does not see {string.Join(" and ", facts.MissingMounts)}, as one that an older hostctl made does not; the next swap's generation will");
        }

        if (facts.FileLength(facts.Generation.QmpSocket(facts.Uuid)) is null)
            return Not(HandoverStage.Unavailable, "its QMP socket is not there");
        return ram.Blocks.FirstOrDefault(block => facts.FileLength(ram.PathOutside(facts.Generation, block)) != block.Bytes) is { } missing
            ? Not(HandoverStage.Unavailable, $"its RAM is not in {ram.PathOutside(facts.Generation, missing)}, or not all of it")
            : new HandoverReadiness(HandoverStage.Ready, "its RAM is in the memory mount", ram);
    }

    private static HandoverReadiness NotStartedSo(HandoverFacts facts)
    {
        if (facts.Next is null)
            return Not(HandoverStage.NotPrepared, "transient: it has no definition that could be prepared");
        return HandoverXml.IsPrepared(facts.Next, facts.Uuid)
            ? Not(HandoverStage.AfterColdStart, "prepared, ready after its next cold start: shut it down and start it")
            : Not(HandoverStage.NotPrepared, "not prepared: 'hostctl vm prepare'");
    }

    private static HandoverReadiness Not(HandoverStage stage, string reason) => new(stage, reason, Ram: null);
}
