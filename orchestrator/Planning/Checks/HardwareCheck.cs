using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// Every model of device that a VM has must exist on the other side: in what its libvirt lists, and where that lists nothing in
/// what its QEMU has.
/// </summary>
public sealed class HardwareCheck : IPlanCheck
{
    private enum Presence
    {
        There,
        Missing,
        Unknown,
    }

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            foreach (var need in Missing(context, definition, Presence.Missing))
            {
                yield return new Blocker(
                    "device",
                    machine.Name,
                    $"its {need.Words} does not exist in {context.Target.Generation.Name} (QEMU {context.Target.Host.HypervisorVersion}, libvirt {context.Target.Host.LibvirtVersion})",
                    "Give the VM a model that both sides have, at its next cold start, or choose an image that has it.")
                {
                    AnsweredBy = NotLiveAnswers.ByNextStart(machine),
                };
            }
        }
    }

    /// <summary>What could not be looked for, which may be missing and may not.</summary>
    internal static IEnumerable<string> Warnings(PlanContext context)
    {
        foreach (var group in context.Readable()
            .SelectMany(pair => Missing(context, pair.Definition, Presence.Unknown).Select(need => (need.Words, pair.Machine.Name)))
            .GroupBy(static item => item.Words, StringComparer.Ordinal))
        {
            yield return $"{string.Join(", ", group.Select(static item => item.Name))}: whether {context.Target.Generation.Name} has the {group.Key} cannot be said";
        }

        foreach (var (emulator, answer) in context.Answers.Emulators.Where(static pair => pair.Value.WhyNot is not null))
            yield return $"{emulator} in {context.Target.Generation.Name} did not tell which devices it has: {answer.WhyNot}";
    }

    private static IEnumerable<HardwareNeed> Missing(PlanContext context, VmDefinition definition, Presence wanted) =>
        context.Answers.Domains.GetValueOrDefault(PlanContext.QueryFor(definition)) is { } offered
            ? definition.Hardware.Where(need => Look(need, offered, context.Answers.Emulators.GetValueOrDefault(definition.Emulator)) == wanted)
            : [];

    private static Presence Look(HardwareNeed need, DomainCapabilities offered, EmulatorAnswer? emulator)
    {
        if (!need.Known)
            return Presence.Unknown;
        if (need.Listed is { } place && Find(offered, place) is { } list)
            return list.Contains(need.Value, StringComparer.Ordinal) ? Presence.There : Presence.Missing;
        return (need.QemuType, emulator) switch
        {
            ({ } type, { WhyNot: null }) => emulator.Types.Contains(type) ? Presence.There : Presence.Missing,
            _ => Presence.Unknown,
        };
    }

    /// <summary>An empty list where what it belongs to is not supported at all; null where libvirt says nothing of it.</summary>
    private static IReadOnlyList<string>? Find(DomainCapabilities offered, string place)
    {
        if (offered.Lists.TryGetValue(place, out var list))
            return list;
        var parent = place[..Math.Max(place.LastIndexOf('.'), 0)];
        return offered.Lists.GetValueOrDefault(parent) is ["no"] ? [] : null;
    }
}
