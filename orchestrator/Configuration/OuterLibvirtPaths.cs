namespace HostSwap.Orchestrator.Configuration;

/// <summary>
/// Where the outer host's own libvirt has its files and sockets, for its adoption. The defaults are those of every
/// distribution; <paramref name="Root"/> prefixes them all.
/// </summary>
/// <param name="Root">Absolute path that takes the place of <c>/</c>.</param>
public sealed record OuterLibvirtPaths(string Root)
{
    /// <summary>Its <c>/etc/libvirt</c>.</summary>
    public string Configuration => Path.Join(Root, "etc/libvirt");

    /// <summary>Its <c>/var/lib/libvirt</c>.</summary>
    public string State => Path.Join(Root, "var/lib/libvirt");

    /// <summary>Its <c>/var/log/libvirt</c>.</summary>
    public string Log => Path.Join(Root, "var/log/libvirt");

    /// <summary>The system bus that its libvirt-dbus and its systemd are on.</summary>
    public string Bus { get; init; } = Path.Join(Root, "run/dbus/system_bus_socket");

    /// <summary>Its libvirt's socket.</summary>
    public string Socket { get; init; } = Path.Join(Root, "run/libvirt/libvirt-sock");
}
