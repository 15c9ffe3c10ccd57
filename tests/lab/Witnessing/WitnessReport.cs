namespace HostSwap.Lab.Witnessing;

/// <summary>An instant at which two processes ran one VM.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="First">The process that ran, was followed by the second, and ran again.</param>
/// <param name="Second">The other one.</param>
/// <param name="At">When the first was seen to run again, in nanoseconds of the monotonic clock.</param>
/// <param name="History">What each had run until then: the evidence.</param>
public sealed record DoubleRun(Guid Uuid, int First, int Second, long At, string History);

/// <summary>What the witness saw.</summary>
/// <param name="Samples">How often it looked.</param>
/// <param name="LongestGap">The longest time between two looks: what happened within it, it cannot tell.</param>
/// <param name="Pairs">VMs of which two QEMU processes existed at some time, as during every migration.</param>
/// <param name="DoubleRuns">Where both ran: must be empty.</param>
public sealed record WitnessReport(
    long Samples, TimeSpan LongestGap, IReadOnlyCollection<Guid> Pairs, IReadOnlyList<DoubleRun> DoubleRuns);
