using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning;

/// <summary>What a canary has of a VM, and what it proves for all VMs that have the same: machine type and CPU, and what runs them.</summary>
/// <param name="Key">All of it, by which results are kept.</param>
/// <param name="Words">Machine type and CPU model, for people.</param>
public sealed record CanaryPair(string Key, string Words)
{
    /// <summary>That of a VM.</summary>
    public static CanaryPair Of(VmDefinition definition) => new(
        string.Join(' ', definition.VirtType, definition.Architecture, definition.MachineType, definition.Emulator, definition.Cpu.Xml ?? definition.Cpu.Mode),
        $"{definition.MachineType} with {(definition.Cpu.Mode is "default" ? "QEMU's own CPU" : $"CPU {definition.Cpu.Model ?? definition.Cpu.Mode}")}");
}
