namespace HostSwap.Orchestrator.Configuration;

/// <summary>How the outer host's own libvirt is adopted. Where that is, <see cref="HostSwapPaths.Outer"/> says.</summary>
/// <param name="CutNetworks">Its networks that VMs may lose by it: the operator has said that their guests can do without.</param>
public sealed record AdoptSettings(IReadOnlyList<string> CutNetworks);
