using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Carrying;

/// <summary>
/// Something that libvirt keeps of a VM in files of its generation, that belongs to the VM while it is shut off, and that counts in
/// one generation only. It lies in one of three places of a generation: where libvirt uses it; where a copy waits until the VM
/// is here; and aside, where nobody uses it. The latter two are hostctl's own, outside of the host container.
/// </summary>
/// <param name="Words">What it is, for people.</param>
/// <param name="Directory">libvirt's directory below its <c>/var/lib/libvirt</c>.</param>
/// <param name="Name">Its name in each of the three.</param>
/// <param name="Kind">The word for it among names of directories.</param>
/// <param name="LeavesWithDefinition">Whether libvirt removes it when it is told to with the VM's definition, and before that; otherwise it is left.</param>
internal sealed record VmState(string Words, string Directory, string Name, string Kind, bool LeavesWithDefinition)
{
    /// <summary>
    /// The RAM of a VM that was saved: a start restores it and removes it (<c>qemuDomainObjStart</c>), which must happen
    /// once, with the disks as they were then. libvirt looks for the file itself, and lets no name of a VM have a slash.
    /// </summary>
    public static VmState SavedImage(string name) => new("managed save image", "qemu/save", $"{name}.save", "saves", LeavesWithDefinition: true);

    /// <summary>
    /// What its virtual TPM holds. Of a VM that runs it travels in the migration's stream; of one that is shut off libvirt carries
    /// nothing, and would make a fresh one (<c>qemuTPMEmulatorBuildSetup</c>), which knows no key of the guest's.
    /// </summary>
    public static VmState Tpm(Guid uuid) => new("vTPM state", "swtpm", $"{uuid:D}", "swtpm", LeavesWithDefinition: false);

    /// <summary>All that a VM may have.</summary>
    public static IReadOnlyList<VmState> All(Guid uuid, string name) => [SavedImage(name), Tpm(uuid)];

    /// <summary>Whether it is where libvirt uses it.</summary>
    public bool IsIn(GenerationPaths generation)
    {
        using var live = Live(generation);
        return live?.Look(Name) is not null;
    }

    /// <summary>Where libvirt uses it; null where there is no such directory.</summary>
    public HeldDirectory? Live(GenerationPaths generation) => HeldDirectory.TryOpen(generation.LibvirtState, Directory);

    /// <summary>Where a copy waits.</summary>
    public HeldDirectory Arriving(GenerationPaths generation) => HeldDirectory.Ensure(Path.Join(generation.Arriving, Kind));

    /// <summary>Where nobody uses it.</summary>
    public HeldDirectory Aside(GenerationPaths generation) => HeldDirectory.Ensure(Path.Join(generation.Aside, Kind));
}
