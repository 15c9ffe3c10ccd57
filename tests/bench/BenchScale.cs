namespace HostSwap.Bench;

/// <summary>How much is measured.</summary>
/// <param name="Name"><c>full</c> or <c>quick</c>.</param>
/// <param name="SizesMiB">RAM of the single guests.</param>
/// <param name="ReferenceMiB">That of the guest whose handover is compared with its migration by virsh.</param>
/// <param name="Handovers">How often each single guest is handed over; a copy goes once in either direction.</param>
/// <param name="HostVms">VMs of the whole host.</param>
/// <param name="HostVmMiB">RAM of each.</param>
/// <param name="StartUps">How often a verb is run to know how long it takes.</param>
internal sealed record BenchScale(
    string Name, IReadOnlyList<int> SizesMiB, int ReferenceMiB, int Handovers, int HostVms, int HostVmMiB, int StartUps)
{
    /// <summary>What the bars are set for; the machine needs 24 GiB.</summary>
    public static BenchScale Full { get; } = new("full", [256, 1024, 2048, 4096, 8192], 4096, 6, 16, 1024, 20);

    /// <summary>The same in small, in minutes and with 4 GiB.</summary>
    public static BenchScale Quick { get; } = new("quick", [256, 1024], 1024, 2, 4, 256, 5);
}
