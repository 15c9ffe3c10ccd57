using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>Who was seen to own a VM.</summary>
public enum Owner
{
    /// <summary>Only the old side has a QEMU for it.</summary>
    Source,

    /// <summary>Only the new side has a QEMU for it.</summary>
    Target,

    /// <summary>Both sides have one. Normal during a migration, and at no other time.</summary>
    Both,

    /// <summary>No QEMU; it is defined on the old side alone.</summary>
    SourceDefinition,

    /// <summary>No QEMU; it is defined on the new side alone.</summary>
    TargetDefinition,

    /// <summary>No QEMU; it is defined on both sides.</summary>
    BothDefinitions,

    /// <summary>Neither side knows it.</summary>
    Nobody,
}

/// <summary>What one side shows of a VM: libvirt's word, and the QEMU processes that really exist.</summary>
public sealed record SideView(DomainRecord? Domain, IReadOnlyList<int> QemuProcesses)
{
    /// <summary>
    /// Whether it may execute here. A process that libvirt does not know of counts as well: it could hold the disks.
    /// </summary>
    public bool IsActive => Domain is { IsActive: true } || QemuProcesses.Count > 0;

    /// <summary>In words, for reasons and errors.</summary>
    public string InWords => Domain is null
        ? QemuProcesses.Count == 0 ? "unknown" : $"unknown to libvirt, but QEMU process {string.Join(", ", QemuProcesses)} runs"
        : $"{Domain.State} ({Domain.StateReason}), {(Domain.Persistent ? "persistent" : "transient")}, {QemuProcesses.Count} QEMU process(es)";
}

/// <summary>What both sides show of a VM at one moment.</summary>
public sealed record Ownership(SideView Source, SideView Target)
{
    /// <summary>Who owns it.</summary>
    public Owner Owner => (Source.IsActive, Target.IsActive) switch
    {
        (true, true) => Owner.Both,
        (true, false) => Owner.Source,
        (false, true) => Owner.Target,
        _ => (Source.Domain is not null, Target.Domain is not null) switch
        {
            (true, true) => Owner.BothDefinitions,
            (true, false) => Owner.SourceDefinition,
            (false, true) => Owner.TargetDefinition,
            _ => Owner.Nobody,
        },
    };

    /// <summary>
    /// What both sides say of a post-copy migration of it. Unless it is <see cref="PostCopyPhase.None"/> nobody owns the
    /// whole guest, however many QEMUs there are: it is not adopted, moved, resumed or ended.
    /// </summary>
    public PostCopyPhase PostCopy => (PostCopyPhase)Math.Max((int)PhaseOf(Source), (int)PhaseOf(Target));

    private static PostCopyPhase PhaseOf(SideView side) => side.Domain?.PostCopy ?? PostCopyPhase.None;

    /// <summary>
    /// Whether it has no QEMU because its guest or a person shut it off, and not because QEMU crashed or the container
    /// around it died. Reasons: libvirt's <c>virDomainShutoffReason</c>.
    /// </summary>
    public bool WasShutOffByWill
    {
        get
        {
            const int Shutdown = 1;
            const int Destroyed = 2;
            const int Migrated = 4;
            // On the old side "migrated" says that the new side's reason counts.
            var last = Source.Domain is null or { StateReason: Migrated } ? Target.Domain : Source.Domain;
            return last is { State: DomainState.ShutOff, StateReason: Shutdown or Destroyed };
        }
    }

    /// <summary>In words, for reasons and errors.</summary>
    public string InWords => $"old side: {Source.InWords}; new side: {Target.InWords}";
}
