using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Generations;

/// <summary>
/// What keeps a generation from being stopped or removed. It asks the disk and the kernel instead of libvirt, so that
/// a libvirtd that hangs, or has forgotten a process, cannot make a generation look empty.
/// </summary>
public sealed class GenerationContents(IContainerEngine engine, IOuterKernel kernel)
{
    /// <summary>Everything that it holds, in words; empty where nothing.</summary>
    public async Task<IReadOnlyList<string>> FindAsync(Generation generation, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        var container = await engine.FindContainerAsync(generation.ContainerName, cancellationToken);
        // The outer host has a process 1, and may have QEMUs, also while its libvirt is stopped.
        if (container is { InitPid: > 0 } && kernel.PidNamespace(container.InitPid) is { } space)
        {
            found.AddRange(kernel.QemuProcesses()
                .Where(process => string.Equals(process.PidNamespace, space, StringComparison.Ordinal))
                .Select(process => $"QEMU process {process.Pid} of domain {process.DomainUuid}"));
        }

        found.AddRange(DefinitionFiles.All(generation.Paths).Select(file => $"the definition of {Path.GetFileNameWithoutExtension(file)}"));
        return found;
    }
}
