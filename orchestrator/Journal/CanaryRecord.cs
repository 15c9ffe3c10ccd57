namespace HostSwap.Orchestrator.Journal;

/// <summary>What a canary's result holds for: as soon as one of them is another, it says nothing.</summary>
/// <param name="SourceImage">Digest of the image that it left.</param>
/// <param name="TargetImage">Digest of the image that it went to.</param>
/// <param name="Kernel">Release of the outer host's kernel.</param>
/// <param name="Pair">Machine type and CPU, with what runs them.</param>
/// <param name="Method">How it was moved; where both images are one, also whether it was on its way back.</param>
public sealed record CanaryKey(string SourceImage, string TargetImage, string Kernel, string Pair, string Method);

/// <summary>What a canary has shown.</summary>
public enum CanaryOutcome
{
    /// <summary>It was moved, and nothing was wrong with it.</summary>
    Proven,

    /// <summary>It was not, or something was.</summary>
    Failed,
}

/// <summary>The durable result of a canary, of one way: that there says nothing of the way back.</summary>
/// <param name="Key">What it holds for.</param>
/// <param name="Outcome">What it has shown.</param>
/// <param name="Reason">In words.</param>
/// <param name="Operation">The operation in which it flew.</param>
/// <param name="RecordedAt">When that was.</param>
public sealed record CanaryRecord(CanaryKey Key, CanaryOutcome Outcome, string Reason, long Operation, DateTimeOffset RecordedAt);
