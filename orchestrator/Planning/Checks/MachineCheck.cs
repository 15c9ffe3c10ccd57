using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// Machine type and emulator must exist on the other side. A VM that runs keeps those that it was started with; one that is
/// shut off has those of its next start.
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
                yield return new Blocker("machine-type", machine.Name, Missing(support, definition, context), Fix(support)) { AnsweredBy = NotLiveAnswers.ByNextStart(machine) };
            }

            if (context.Answers.Lacks(definition.Emulator))
            {
                yield return new Blocker(
                    "emulator", machine.Name, $"its emulator {definition.Emulator} does not exist in {context.Target.Generation.Name}", "Name an emulator that the image has, or install it in the image.")
                {
                    AnsweredBy = NotLiveAnswers.ByNextStart(machine),
                };
            }
        }
    }

    /// <summary>Machine types that the other side has, and that QEMU is going to drop.</summary>
    internal static IEnumerable<string> Warnings(PlanContext context) => context.Readable()
        .GroupBy(static pair => (pair.Definition.Architecture, pair.Definition.MachineType), static pair => pair.Machine.Name)
        .Where(group => HostCapabilities.IsDeprecated(context.Target.Host.CapabilitiesXml, group.Key.Architecture, group.Key.MachineType))
        .Select(group => $"{string.Join(", ", group)}: machine type {group.Key.MachineType} is deprecated in {context.Target.Generation.Name} "
            + $"(QEMU {context.Target.Host.HypervisorVersion}); a later QEMU will not have it: choose a newer one at the next cold start");

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
