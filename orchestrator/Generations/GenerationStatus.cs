namespace HostSwap.Orchestrator.Generations;

/// <summary>What a generation is for.</summary>
public enum GenerationRole
{
    /// <summary>It holds the VMs.</summary>
    Active,

    /// <summary>It is being prepared to take them over, or holds a part of them after a failed swap.</summary>
    Candidate,

    /// <summary>It has given all its VMs away and is stopped.</summary>
    Retired,
}

/// <summary>A generation as it is seen now.</summary>
/// <param name="Number">Its number.</param>
/// <param name="Role">Its recorded role.</param>
/// <param name="Image">The image reference that it was created from.</param>
/// <param name="ImageId">The image's digest.</param>
/// <param name="State">
/// <c>running</c>, <c>degraded</c> or another state of its systemd; <c>stopped</c>; <c>missing</c> where Docker has no
/// such container; <c>unreachable</c> where it runs and does not answer.
/// </param>
/// <param name="HostUuid">Its libvirt host UUID.</param>
/// <param name="LibvirtVersion">Version of its libvirt, where it answers.</param>
/// <param name="QemuVersion">Version of its QEMU, where it answers.</param>
/// <param name="CreatedAt">When it was created.</param>
/// <param name="FailedUnits">Units that failed in it.</param>
public sealed record GenerationStatus(
    int Number,
    GenerationRole Role,
    string Image,
    string ImageId,
    string State,
    Guid HostUuid,
    Version? LibvirtVersion,
    Version? QemuVersion,
    DateTimeOffset CreatedAt,
    IReadOnlyList<string> FailedUnits)
{
    /// <summary>Its name, as in <c>gen-3</c>.</summary>
    public string Name => $"gen-{Number}";
}
