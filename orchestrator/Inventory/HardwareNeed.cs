namespace HostSwap.Orchestrator.Inventory;

/// <summary>One thing that a VM's definition names and that the libvirt and the QEMU which it runs in must have.</summary>
/// <param name="Words">What it is, as part of a sentence on the VM: <c>network card of model igb</c>.</param>
public sealed record HardwareNeed(string Words)
{
    /// <summary>Where libvirt's domain capabilities list what there is of it (<c>devices.disk.bus</c>); null where they never do.</summary>
    public string? Listed { get; init; }

    /// <summary>What must be in that list.</summary>
    public string Value { get; init; } = "";

    /// <summary>QEMU's type that it is made of, by which it is looked for where libvirt lists nothing; null where it has none of its own.</summary>
    public string? QemuType { get; init; }

    /// <summary>Whether hostctl knows how to look for it. What it does not know is told, and never passed over.</summary>
    public bool Known { get; init; } = true;
}
