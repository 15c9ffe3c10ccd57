using System.Text.RegularExpressions;
using System.Xml.Linq;
using HostSwap.Orchestrator.Docker;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;

namespace HostSwap.Orchestrator.Libvirt;

/// <summary>
/// Compares guests' CPUs with what a host's QEMU can give them (<c>virConnectCompareHypervisorCPU</c>). libvirt-dbus has no call
/// for it, so virsh in the host container is asked, which reads the CPU as its input and takes the rest as arguments.
/// </summary>
/// <param name="engine">Docker, which runs virsh.</param>
/// <param name="container">The host container.</param>
internal sealed partial class VirshCpus(IContainerEngine engine, string container)
{
    private const string Command = "hypervisor-cpu-compare";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    /// <summary>Compares one.</summary>
    /// <param name="kind">The kind of domain.</param>
    /// <param name="cpu">The <c>cpu</c> element.</param>
    /// <param name="cancellationToken">Interrupts.</param>
    /// <exception cref="AdapterException">libvirt could not be asked.</exception>
    public async Task<CpuAnswer> CompareAsync(DomainCapabilitiesQuery kind, string cpu, CancellationToken cancellationToken)
    {
        var asked = DomainXmlReader.Parse(cpu);
        var unknown = new List<string>();
        while (true)
        {
            var said = await AskAsync(kind, asked.ToString(SaveOptions.DisableFormatting), cancellationToken);
            // Of names that it does not know libvirt tells the first; the others are behind it.
            if (said is null || UnknownFeature().Match(said) is not { Success: true } match)
                return new CpuAnswer(unknown, said);
            var name = match.Groups["name"].Value;
            var named = asked.Elements("feature").Where(feature => string.Equals(feature.Attribute("name")?.Value, name, StringComparison.Ordinal)).ToList();
            if (named.Count == 0)
                return new CpuAnswer(unknown, said);
            unknown.Add(name);
            named.Remove();
        }
    }

    /// <summary>What libvirt has against it, in its own words; null where nothing.</summary>
    private async Task<string?> AskAsync(DomainCapabilitiesQuery kind, string cpu, CancellationToken cancellationToken)
    {
        IReadOnlyList<string> emulator = kind.Emulator.Length > 0 ? [$"--emulator={kind.Emulator}"] : [];
        var outcome = await engine.ExecuteAsync(
            container,
            [
                "virsh", "--quiet", "--connect", "qemu:///system", Command, "--file=/dev/stdin", "--error",
                $"--virttype={kind.VirtType}", $"--arch={kind.Architecture}", $"--machine={kind.MachineType}", .. emulator,
            ],
            Limit,
            cancellationToken,
            cpu);
        if (outcome.ExitCode == 0)
            return null;
        var lines = outcome.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        // The first line says what could not be done, the last one why (vshReportError).
        return lines is [var what, .., var why] && what.Contains("Failed to compare hypervisor CPU", StringComparison.Ordinal)
            ? Marks().Replace(why, "")
            : throw new AdapterException($"virsh in {container}", Command, outcome.Error.Trim());
    }

    [GeneratedRegex("Unknown CPU feature (?<name>[A-Za-z0-9_.-]+)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex UnknownFeature();

    /// <summary>What libvirt puts before the reason: the kinds of its errors that it can be.</summary>
    [GeneratedRegex("^error: ((internal error|operation failed|unsupported configuration|the CPU is incompatible with host CPU): )*", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Marks();
}

/// <summary>How a guest's CPU compares with what a host's QEMU can give.</summary>
/// <param name="UnknownFeatures">Features that the host's libvirt does not know by name.</param>
/// <param name="Refusal">What else libvirt has against it, in its own words, which name the features that are missing; null where nothing.</param>
public sealed record CpuAnswer(IReadOnlyList<string> UnknownFeatures, string? Refusal)
{
    /// <summary>Nothing is against it.</summary>
    public bool Fits => Refusal is null && UnknownFeatures.Count == 0;

    /// <summary>What is against it, as part of a sentence.</summary>
    public string InWords => string.Join("; ", new[]
    {
        UnknownFeatures.Count == 0 ? null : $"it does not know the features {string.Join(", ", UnknownFeatures)}",
        Refusal,
    }.OfType<string>());
}
