namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>libvirt refuses "to migrate guest to the same host" where both sides tell the same host UUID.</summary>
public sealed class HostUuidCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        var (source, target) = (context.Source, context.Target);
        if (source.Host.HostUuid == target.Host.HostUuid)
        {
            yield return new Blocker(
                "host-uuid",
                target.Generation.Name,
                $"both generations have the libvirt host UUID {target.Host.HostUuid}",
                "Give each its own /etc/machine-id and set host_uuid_source = \"machine-id\" in libvirtd.conf of the image.");
        }
    }
}
