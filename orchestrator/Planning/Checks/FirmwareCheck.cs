using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Planning.Checks;

/// <summary>
/// The firmware that a VM names is part of the image. It is expected to be another file there; of a VM that runs it must be as
/// long, since QEMU takes no block of memory in that has another length (<c>ram_load</c>).
/// </summary>
public sealed class FirmwareCheck : IPlanCheck
{
    private const string Fix = "Install the firmware in the image (Debian's package ovmf), or give the VM one that both images have, at its next cold start.";

    /// <inheritdoc/>
    public IEnumerable<Blocker> Check(PlanContext context)
    {
        foreach (var (machine, definition) in context.Readable())
        {
            if (definition.Firmware is not { } firmware)
                continue;
            foreach (var problem in Problems(context, machine, definition, firmware))
                yield return new Blocker("firmware", machine.Name, problem, Fix) { AnsweredBy = NotLiveAnswers.ByNextStart(machine) };
        }
    }

    /// <summary>
    /// Whether a path is that of variables which no start of the VM has made yet: libvirt makes them then, from their template.
    /// </summary>
    internal static bool IsYetToBeMade(PlanContext context, VirtualMachine machine, VmDefinition definition, string path) =>
        !machine.Domain.IsActive && string.Equals(definition.Firmware?.Nvram, path, StringComparison.Ordinal) && context.Kernel.Look(context.Source.InitPid, path) is null;

    /// <summary>Whether a path is firmware of the image, and so not expected to be the same file on both sides.</summary>
    internal static bool IsOfTheImage(VmDefinition definition, string path) =>
        path.StartsWith("/usr/share/", StringComparison.Ordinal) && string.Equals(definition.Firmware?.Loader, path, StringComparison.Ordinal);

    private static IEnumerable<string> Problems(PlanContext context, VirtualMachine machine, VmDefinition definition, FirmwareDefinition firmware)
    {
        var target = context.Target.Generation.Name;
        var offered = context.Answers.Domains.GetValueOrDefault(PlanContext.QueryFor(definition))?.Lists;
        if (firmware is { Automatic: { } kind, Loader: null } && offered?.GetValueOrDefault("os.firmware") is { } kinds && !kinds.Contains(kind, StringComparer.Ordinal))
            yield return $"{target} has no firmware of kind {kind} for it";
        if (firmware.Secure && offered?.GetValueOrDefault("os.loader.secure") is { } secure && !secure.Contains("yes", StringComparer.Ordinal))
            yield return $"{target} has no firmware with Secure Boot for it";
        if (firmware is { Nvram: { } variables, Template: { } template } && IsYetToBeMade(context, machine, definition, variables) && context.Answers.Lacks(template))
            yield return $"the template of its firmware's variables, {template}, does not exist in {target}";
        if (firmware.Loader is not { } path || !IsOfTheImage(definition, path))
            yield break;
        if (context.Answers.Lacks(path))
            yield return $"its firmware {path} does not exist in {target}";
        else if (machine.Domain.IsActive && (context.WayBack.Files.GetValueOrDefault(path), context.Answers.Files.GetValueOrDefault(path)) is ({ } here, { } there) && here != there)
            yield return $"its firmware {path} is {there} bytes long in {target} and {here} in {context.Source.Generation.Name}, and QEMU takes no VM in whose firmware has another length";
    }
}
