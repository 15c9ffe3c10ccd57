using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Systemd;

namespace HostSwap.Orchestrator.Generations;

/// <summary>Reaches a generation through its own system bus, whose socket is bound to the outer host.</summary>
public sealed class GenerationConnector(TimeProvider time) : IGenerationConnector
{
    /// <inheritdoc/>
    public ILibvirtHost ConnectLibvirt(Generation generation) => new LibvirtHost(generation.Paths.BusSocket, generation.Name, time);

    /// <inheritdoc/>
    public ISystemdHost ConnectSystemd(Generation generation) => new SystemdHost(generation.Paths.BusSocket, generation.Name, time);
}
