using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// Machine type, emulator and CPU model must exist on the other side. A VM that runs keeps those that it was started with; one
/// that is shut off has those of its next start.
/// </summary>
public sealed class MachineCheck : IPlanCheck
{
    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            var support = HostCapabilities.Supports(
                context.Target.Host.CapabilitiesXml, definition.Architecture, definition.VirtType, definition.MachineType);
            if (support != MachineSupport.Yes)
            {
                yield return new Blocker("machine-type", machine.Name, Missing(support, definition, context), Fix(support)) { ForbidsLiveOnly = machine.Domain.IsActive };
            }
            else if (DomainCapabilities.WhyNoCpu(context.DomainCapabilities[PlanContext.QueryFor(definition)], definition.Cpu) is { } why)
            {
                yield return new Blocker(
                    "cpu-model", machine.Name, $"{why} in {context.Target.Generation.Name}", "Give the VM a CPU model that both sides have, at its next cold start.") { ForbidsLiveOnly = machine.Domain.IsActive };
            }

            if (definition.Emulator.Length > 0 && context.Kernel.Look(context.Target.InitPid, definition.Emulator) is null)
            {
                yield return new Blocker(
                    "emulator", machine.Name, $"its emulator {definition.Emulator} does not exist in {context.Target.Generation.Name}", "Name an emulator that the image has, or install it in the image.") { ForbidsLiveOnly = machine.Domain.IsActive };
            }
        }
    }

    private static string Missing(MachineSupport support, VmDefinition definition, PlanContext context) => support switch
    {
        MachineSupport.NoArchitecture => $"{context.Target.Generation.Name} cannot emulate {definition.Architecture}",
        MachineSupport.NoVirtType => $"{context.Target.Generation.Name} cannot run domains of type {definition.VirtType}",
        _ => $"machine type {definition.MachineType} does not exist in {context.Target.Generation.Name} (QEMU {context.Target.Host.HypervisorVersion})",
    };

    private static string Fix(MachineSupport support) => support switch
    {
        MachineSupport.NoArchitecture => "Install QEMU for it in the image.",
        MachineSupport.NoVirtType => "Check that /dev/kvm works in the new generation.",
        _ => "Give the VM a machine type that both QEMUs have, at its next cold start, or choose an image with a newer QEMU.",
    };
}
