using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Planning.Recorded;

/// <summary>What a generation has said of itself, as it is kept for one image under one kernel on one processor.</summary>
/// <param name="Format">Version of this document.</param>
/// <param name="ImageId">Digest of the image.</param>
/// <param name="Machine">What it holds for besides, as <see cref="CapabilityRecords.MachineOf"/>.</param>
/// <param name="RecordedAt">When it was asked last.</param>
/// <param name="Libvirt">Version of its libvirt.</param>
/// <param name="Hypervisor">Version of its QEMU.</param>
/// <param name="Capabilities">Its <c>virConnectGetCapabilities</c> document.</param>
/// <param name="Domains">What it said of each kind of domain.</param>
/// <param name="Cpus">What it said of each CPU.</param>
/// <param name="Emulators">What devices its emulators have.</param>
/// <param name="Files">Files of the image that VMs named.</param>
/// <param name="Packages">Its packages; null where it does not say.</param>
internal sealed record CapabilityDocument(
    int Format,
    string ImageId,
    string Machine,
    DateTimeOffset RecordedAt,
    string Libvirt,
    string Hypervisor,
    string Capabilities,
    IReadOnlyList<RecordedDomain> Domains,
    IReadOnlyList<RecordedCpu> Cpus,
    IReadOnlyList<RecordedEmulator> Emulators,
    IReadOnlyList<RecordedFile> Files,
    IReadOnlyList<InstalledPackage>? Packages)
{
    /// <summary>The version that this hostctl writes, and the only one that it reads: another is written anew by the next plan.</summary>
    public const int CurrentFormat = 1;

    /// <summary>Writes down what one side has said.</summary>
    public static CapabilityDocument From(PlanSide side, SideAnswers answers, string machine, IReadOnlyList<InstalledPackage>? packages, DateTimeOffset now) => new(
        CurrentFormat,
        side.Generation.Record.ImageId,
        machine,
        now,
        side.Host.LibvirtVersion.ToString(),
        side.Host.HypervisorVersion.ToString(),
        side.Host.CapabilitiesXml,
        [.. answers.Domains.Select(static pair => new RecordedDomain(pair.Key, pair.Value))],
        [.. answers.Cpus.Select(static pair => new RecordedCpu(pair.Key, pair.Value))],
        // Of one that did not answer nothing is known; the next plan asks again.
        [.. answers.Emulators.Where(static pair => pair.Value.WhyNot is null).Select(static pair => new RecordedEmulator(pair.Key, [.. pair.Value.Types]))],
        [.. answers.Files.Select(static pair => new RecordedFile(pair.Key, pair.Value))],
        packages);

    /// <summary>What it holds, with what an earlier one held of which nobody has asked since.</summary>
    public CapabilityDocument With(CapabilityDocument? earlier) => earlier is null ? this : this with
    {
        Domains = [.. Domains.Concat(earlier.Domains).DistinctBy(static item => item.Kind)],
        Cpus = [.. Cpus.Concat(earlier.Cpus).DistinctBy(static item => item.Query)],
        Emulators = [.. Emulators.Concat(earlier.Emulators).DistinctBy(static item => item.Path, StringComparer.Ordinal)],
        Files = [.. Files.Concat(earlier.Files).DistinctBy(static item => item.Path, StringComparer.Ordinal)],
        Packages = Packages ?? earlier.Packages,
    };

    /// <summary>As a plan's checks look at it.</summary>
    public SideAnswers ToAnswers() => new(
        Domains.ToDictionary(static item => item.Kind, static item => item.Capabilities),
        Cpus.ToDictionary(static item => item.Query, static item => item.Answer),
        Emulators.ToDictionary(static item => item.Path, static item => new EmulatorAnswer(item.Types.ToHashSet(StringComparer.Ordinal), WhyNot: null), StringComparer.Ordinal),
        Files.ToDictionary(static item => item.Path, static item => item.Length, StringComparer.Ordinal));

    /// <summary>What its libvirt said of itself. Its UUID is that of a generation, which an image has not.</summary>
    public LibvirtHostDescription ToHost() => new(Guid.Empty, Version.Parse(Libvirt), Version.Parse(Hypervisor), Capabilities);
}

/// <summary>What was said of a kind of domain.</summary>
internal sealed record RecordedDomain(DomainCapabilitiesQuery Kind, DomainCapabilities Capabilities);

/// <summary>What was said of a CPU.</summary>
internal sealed record RecordedCpu(CpuQuery Query, CpuAnswer Answer);

/// <summary>What devices an emulator has.</summary>
internal sealed record RecordedEmulator(string Path, IReadOnlyList<string> Types);

/// <summary>A file of the image; its length in bytes is null where it is not there.</summary>
internal sealed record RecordedFile(string Path, ulong? Length);

/// <summary>JSON of it. A member that is missing is an error: a file that was cut off, or another program's.</summary>
[JsonSerializable(typeof(CapabilityDocument))]
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Skip)]
internal sealed partial class CapabilityJson : JsonSerializerContext;
