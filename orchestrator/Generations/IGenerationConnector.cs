using HostSwap.Orchestrator.Libvirt;
using HostSwap.Orchestrator.Systemd;

namespace HostSwap.Orchestrator.Generations;

/// <summary>Opens the control connections of a generation. Opening does not wait for the other side to be there.</summary>
public interface IGenerationConnector
{
    /// <summary>Its libvirt.</summary>
    ILibvirtHost ConnectLibvirt(Generation generation);

    /// <summary>Its systemd.</summary>
    ISystemdHost ConnectSystemd(Generation generation);
}
