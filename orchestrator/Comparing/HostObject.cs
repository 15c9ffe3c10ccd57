using HostSwap.Orchestrator.Carrying;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>What a host has besides VMs, in the order in which it is carried: each may need what comes before it.</summary>
public enum HostObjectKind
{
    /// <summary>A network filter.</summary>
    NetworkFilter,

    /// <summary>A secret.</summary>
    Secret,

    /// <summary>A virtual network.</summary>
    Network,

    /// <summary>A storage pool.</summary>
    StoragePool,
}

/// <summary>One persistent object of a host, in a form in which it can be compared.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Name">Its name, untrusted text; a secret's UUID.</param>
/// <param name="Uuid">Its UUID.</param>
/// <param name="Definition">Its definition (see <see cref="DefinitionText"/>).</param>
/// <param name="Active">Whether it is active.</param>
/// <param name="Autostart">Whether libvirt starts it by itself.</param>
/// <param name="Value">What can be said of a secret's value without telling it; empty for all else.</param>
public sealed record HostObject(
    HostObjectKind Kind, string Name, Guid Uuid, string Definition, bool Active, bool Autostart, string Value = "")
{
    /// <summary>It in words.</summary>
    public string InWords => $"{WordOf(Kind)} {Name}";

    /// <summary>Whether it is a secret whose value nobody tells, and which so cannot be carried.</summary>
    public bool HasUnreadableValue => Value.StartsWith(SecretValue.Unreadable, StringComparison.Ordinal);

    /// <summary>A kind in words.</summary>
    public static string WordOf(HostObjectKind kind) => kind switch
    {
        HostObjectKind.NetworkFilter => "network filter",
        HostObjectKind.Secret => "secret",
        HostObjectKind.Network => "network",
        _ => "storage pool",
    };

    /// <summary>libvirt's objects of a kind; not of secrets, which are no such.</summary>
    internal static ILibvirtObjects Of(ILibvirtHost host, HostObjectKind kind) => kind switch
    {
        HostObjectKind.NetworkFilter => host.NetworkFilters,
        HostObjectKind.Network => host.Networks,
        HostObjectKind.StoragePool => host.StoragePools,
        _ => throw new ArgumentOutOfRangeException(nameof(kind)),
    };
}

/// <summary>One VM of a host, in a form in which it can be compared.</summary>
/// <param name="Uuid">The VM.</param>
/// <param name="Name">Its name: untrusted text.</param>
/// <param name="State">Its state.</param>
/// <param name="Persistent">Whether it is defined persistently.</param>
/// <param name="Autostart">Whether libvirt starts it by itself.</param>
/// <param name="Definition">Its persistent definition with title, description and metadata; empty where it has none.</param>
public sealed record HostMachine(Guid Uuid, string Name, DomainState State, bool Persistent, bool Autostart, string Definition)
{
    /// <summary>Its snapshots in a line: names, with a parent's before it, and the current one marked.</summary>
    public string Snapshots { get; init; } = "";

    /// <summary>Its checkpoints in the same form.</summary>
    public string Checkpoints { get; init; } = "";

    /// <summary>Its managed save image in words; empty where it has none.</summary>
    public string SavedImage { get; init; } = "";

    /// <summary>A digest of what its virtual TPM holds, where it is shut off; empty where it has none.</summary>
    public string Tpm { get; init; } = "";
}

/// <summary>What a host holds at one moment.</summary>
/// <param name="At">When.</param>
/// <param name="Machines">Its VMs.</param>
/// <param name="Objects">What it has besides them.</param>
public sealed record HostContents(DateTimeOffset At, IReadOnlyList<HostMachine> Machines, IReadOnlyList<HostObject> Objects)
{
    /// <summary>The operator's own files that are configured to be carried.</summary>
    public IReadOnlyList<OperatorFile> Files { get; init; } = [];
}
