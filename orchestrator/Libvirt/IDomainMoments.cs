namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// Moments of VMs that one libvirt host has a description of: their snapshots, or their checkpoints. What such a moment
/// consists of is in the VM's disks; libvirt carries no description in a migration, and migrates no VM that has any.
/// </summary>
internal interface IDomainMoments
{
    /// <summary>Everything that libvirt knows of a VM's moments; passwords in them are included.</summary>
    Task<IReadOnlyList<SnapshotRecord>> ReadAsync(Guid uuid, CancellationToken cancellationToken);

    /// <summary>Has libvirt forget one, and nothing else; its children become those of its parent.</summary>
    Task ForgetAsync(Guid uuid, string name, CancellationToken cancellationToken);

    /// <summary>Has libvirt know one again that it once described so; a parent that it names must be known.</summary>
    Task RedefineAsync(Guid uuid, SnapshotRecord moment, CancellationToken cancellationToken);
}

/// <summary>The snapshots of a host's VMs.</summary>
internal sealed class SnapshotMoments(ILibvirtDomains domains) : IDomainMoments
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<SnapshotRecord>> ReadAsync(Guid uuid, CancellationToken cancellationToken) => domains.ReadSnapshotsAsync(uuid, cancellationToken);

    /// <inheritdoc/>
    public Task ForgetAsync(Guid uuid, string name, CancellationToken cancellationToken) => domains.ForgetSnapshotAsync(uuid, name, cancellationToken);

    /// <inheritdoc/>
    public Task RedefineAsync(Guid uuid, SnapshotRecord moment, CancellationToken cancellationToken) =>
        domains.RedefineSnapshotAsync(uuid, moment.Xml, moment.Current, cancellationToken);
}
