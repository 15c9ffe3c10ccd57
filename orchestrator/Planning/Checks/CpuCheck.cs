using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>A VM's CPU must be had on the other side with every feature, as that side's libvirt compares it.</summary>
public sealed class CpuCheck : IPlanCheck
{
    private const string Fix = "Give the VM a CPU that both sides have, at its next cold start: a model that both know, without what is missing.";

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            if (context.Answers.Domains.GetValueOrDefault(PlanContext.QueryFor(definition)) is not { } offered)
                continue;
            if (offered.WhyNoCpu(definition.Cpu) is { } why)
                yield return new Blocker("cpu-model", machine.Name, $"{why} in {context.Target.Generation.Name}", Fix) { AnsweredBy = NotLiveAnswers.ByNextStart(machine) };
            else if (Answer(context.Answers, definition) is { Fits: false } answer && (definition.Cpu.Checked || answer.UnknownFeatures.Count > 0))
                yield return new Blocker("cpu-features", machine.Name, $"its CPU {Name(definition.Cpu)} cannot be had in {context.Target.Generation.Name}: {answer.InWords}", Fix) { AnsweredBy = NotLiveAnswers.ByNextStart(machine) };
        }
    }

    /// <summary>
    /// VMs of which libvirt was told not to check the CPU, and whose guests get another one on the other side: what a QEMU does not
    /// have it leaves out. And those that get the host's own, which libvirt does not compare.
    /// </summary>
    internal static IEnumerable<string> Warnings(PlanContext context)
    {
        var (source, target) = (context.Source, context.Target);
        var names = new List<string>();
        foreach (var (machine, definition) in context.Readable())
        {
            if (!machine.Domain.IsActive)
                continue;
            if (definition.Cpu.Mode is "host-passthrough" or "maximum" && source.Host.HypervisorVersion != target.Host.HypervisorVersion)
                names.Add(machine.Name);
            if (!definition.Cpu.Checked && (Answer(context.WayBack, definition), Answer(context.Answers, definition)) is ({ } here, { UnknownFeatures: [] } there)
                && !string.Equals(here.Refusal, there.Refusal, StringComparison.Ordinal))
            {
                yield return $"{machine.Name}: its CPU {Name(definition.Cpu)} is not checked (check='none'), and its guest does not see the same on both sides; "
                    + $"{source.Generation.Name}: {here.Refusal ?? "every feature of it"}; {target.Generation.Name}: {there.Refusal ?? "every feature of it"}";
            }
        }

        if (names.Count > 0)
        {
            yield return $"{string.Join(", ", names)}: the CPU is the host's own (host-passthrough or maximum), which libvirt compares with nothing: "
                + $"QEMU {target.Host.HypervisorVersion} may show the guest other features than QEMU {source.Host.HypervisorVersion}";
        }
    }

    private static Libvirt.CpuAnswer? Answer(SideAnswers answers, VmDefinition definition) => CpuQuery.Of(definition) is { } query ? answers.Cpus.GetValueOrDefault(query) : null;

    private static string Name(CpuDefinition cpu) => cpu.Model ?? cpu.Mode;
}
