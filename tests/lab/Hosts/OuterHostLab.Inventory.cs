using System.Xml.Linq;

namespace HostSwap.Lab.Hosts;

/// <content>Networks and storage pools of the lab.</content>
public sealed partial class OuterHostLab
{
    /// <summary>Defines an isolated libvirt network, starts it and lets it start by itself.</summary>
    public static async Task AddNetworkAsync(Generation generation, string name, string bridge, CancellationToken cancellationToken)
    {
        var xml = new XElement(
            "network",
            new XElement("name", name),
            new XElement("bridge", new XAttribute("name", bridge), new XAttribute("stp", "off")));
        await generation.VirshAsync(["net-define", "/dev/stdin"], cancellationToken, xml.ToString());
        await generation.VirshAsync(["net-start", name], cancellationToken);
        await generation.VirshAsync(["net-autostart", name], cancellationToken);
    }

    /// <summary>Defines a directory pool in the shared directory, starts it and lets it start by itself.</summary>
    public async Task AddPoolAsync(Generation generation, string name, CancellationToken cancellationToken)
    {
        var directory = Path.Join(GuestDirectory, name);
        Directory.CreateDirectory(directory);
        var xml = new XElement(
            "pool",
            new XAttribute("type", "dir"),
            new XElement("name", name),
            new XElement("target", new XElement("path", directory)));
        await generation.VirshAsync(["pool-define", "/dev/stdin"], cancellationToken, xml.ToString());
        await generation.VirshAsync(["pool-start", name], cancellationToken);
        await generation.VirshAsync(["pool-autostart", name], cancellationToken);
    }

    /// <summary>Whether a generation has an active, persistent, self-starting network of that name.</summary>
    public static Task<bool> HasNetworkAsync(Generation generation, string name, CancellationToken cancellationToken) =>
        IsListedAsync(generation, "net-list", name, cancellationToken);

    /// <summary>Whether a generation has an active, persistent, self-starting pool of that name.</summary>
    public static Task<bool> HasPoolAsync(Generation generation, string name, CancellationToken cancellationToken) =>
        IsListedAsync(generation, "pool-list", name, cancellationToken);

    // Without --all or --inactive only active ones are listed.
    private static async Task<bool> IsListedAsync(Generation generation, string list, string name, CancellationToken cancellationToken) =>
        DockerCli.Lines(await generation.VirshAsync([list, "--persistent", "--autostart", "--name"], cancellationToken))
            .Contains(name, StringComparer.Ordinal);
}
