using System.Text;

namespace HostSwap.Orchestrator.Configuration;

/// <content>The outer host's own libvirt, and the directories that it had before there were generations.</content>
internal sealed partial class SettingsValidator
{
    private OuterLibvirtPaths OuterLibvirt()
    {
        var outer = new OuterLibvirtPaths(HostPath.Canonical(Text(AdoptKeys.Root, HostPath.Fault) ?? "/"));
        return outer with
        {
            Bus = Text(AdoptKeys.Bus, OuterSocketFault) ?? outer.Bus,
            Socket = Text(AdoptKeys.Socket, OuterSocketFault) ?? outer.Socket,
        };
    }

    private static string? OuterSocketFault(string path) => HostPath.Fault(path) ?? (Encoding.UTF8.GetByteCount(path) > HostPath.MaximumSocketBytes
        ? $"the path is longer than the {HostPath.MaximumSocketBytes} bytes of a UNIX socket's path"
        : null);

    private AdoptSettings Adopt()
    {
        var cut = new List<string>();
        foreach (var located in raw.Find<List<Located<string>>>(AdoptKeys.CutNetworks)?.Value ?? [])
        {
            if (located.Value.Length == 0 || located.Value.Contains('/', StringComparison.Ordinal))
                Report(located, $"\"{located.Value}\" is no name of a libvirt network");
            else if (cut.Contains(located.Value, StringComparer.Ordinal))
                Report(located, $"\"{located.Value}\" is named twice");
            else
                cut.Add(located.Value);
        }

        return new AdoptSettings(cut);
    }

    /// <summary>Whether it exists is asked when a generation is made: it changes.</summary>
    private string? LibvirtDirectory(string key, HostSwapPaths paths, IReadOnlyList<string> shared)
    {
        if (raw.Find<string>(key)?.Value is Automatic)
            return null;
        var directory = Text(key, path => HostPath.Fault(path) ?? LibvirtDirectoryFault(HostPath.Canonical(path), paths, shared));
        return directory is null ? null : HostPath.Canonical(directory);
    }

    private static string? LibvirtDirectoryFault(string directory, HostSwapPaths paths, IReadOnlyList<string> shared)
    {
        if (string.Equals(directory, "/", StringComparison.Ordinal))
            return "\"/\" is the whole outer host; name the directory in which the images are";
        if (Array.Find([paths.State, paths.Runtime], own => HostPath.IsWithin(directory, own) || HostPath.IsWithin(own, directory)) is { } own)
            return $"\"{directory}\" and HostSwap's own {own} are the same or one lies in the other; leave the key out for a directory of HostSwap's own";
        return shared.FirstOrDefault(other => HostPath.IsWithin(directory, other) || HostPath.IsWithin(other, directory)) is { } other
            ? $"\"{directory}\" and \"{other}\" of {KnownKeys.StorageShared} are the same or one lies in the other; generations would see it at two paths"
            : null;
    }
}
