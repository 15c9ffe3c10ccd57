using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning;

/// <summary>What one side has said of what the source's VMs need; what is not in it was not asked, or could not be.</summary>
/// <param name="Domains">What it says of each kind of domain; a kind whose machine it does not have is not asked for.</param>
/// <param name="Cpus">How each CPU compares with what it can give.</param>
/// <param name="Emulators">What devices each of its emulators has, by the emulator's path.</param>
/// <param name="Files">Files of its image that VMs name, with their length in bytes; null of what is not there.</param>
public sealed record SideAnswers(
    IReadOnlyDictionary<DomainCapabilitiesQuery, DomainCapabilities> Domains,
    IReadOnlyDictionary<CpuQuery, CpuAnswer> Cpus,
    IReadOnlyDictionary<string, EmulatorAnswer> Emulators,
    IReadOnlyDictionary<string, ulong?> Files)
{
    /// <summary>Nothing was asked.</summary>
    public static SideAnswers None { get; } = new(
        new Dictionary<DomainCapabilitiesQuery, DomainCapabilities>(), new Dictionary<CpuQuery, CpuAnswer>(), new Dictionary<string, EmulatorAnswer>(StringComparer.Ordinal), new Dictionary<string, ulong?>(StringComparer.Ordinal));

    /// <summary>Whether a file is known not to be there.</summary>
    public bool Lacks(string path) => Files.TryGetValue(path, out var length) && length is null;
}

/// <summary>What devices an emulator has.</summary>
/// <param name="Types">Their types (QEMU's own names).</param>
/// <param name="WhyNot">Why it could not be asked; null where it has answered.</param>
public sealed record EmulatorAnswer(IReadOnlySet<string> Types, string? WhyNot);

/// <summary>A CPU to be compared.</summary>
/// <param name="Kind">The kind of domain that has it.</param>
/// <param name="Cpu">Its <c>cpu</c> element, as <see cref="CpuDefinition.Xml"/>.</param>
public sealed record CpuQuery(DomainCapabilitiesQuery Kind, string Cpu)
{
    /// <summary>That of a VM; null where its CPU is QEMU's default, which every QEMU has.</summary>
    public static CpuQuery? Of(VmDefinition definition) => definition.Cpu.Xml is { } cpu ? new CpuQuery(PlanContext.QueryFor(definition), cpu) : null;
}
