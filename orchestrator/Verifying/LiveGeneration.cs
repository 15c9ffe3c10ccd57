using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Verifying;

/// <summary>A generation that runs, with what is needed to look into it.</summary>
/// <param name="Generation">The generation.</param>
/// <param name="Libvirt">Its libvirt, connected.</param>
/// <param name="InitPid">Process id of its init on the outer host.</param>
/// <param name="PidNamespace">Its PID namespace, by which its processes are told.</param>
public sealed record LiveGeneration(Generation Generation, ILibvirtHost Libvirt, int InitPid, string PidNamespace)
{
    /// <summary>Process ids of the QEMUs that run a VM here: one, unless something is wrong.</summary>
    public IReadOnlyList<int> QemusOf(Guid uuid, IOuterKernel kernel) =>
        [.. kernel.QemuProcesses().Where(process => process.DomainUuid == uuid && Holds(process)).Select(process => process.Pid)];

    /// <summary>Whether a QEMU process is in this generation.</summary>
    public bool Holds(QemuProcess process) => string.Equals(process.PidNamespace, PidNamespace, StringComparison.Ordinal);
}
