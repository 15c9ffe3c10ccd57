namespace HostSwap.Lab.Hosts;

/// <summary>
/// Looks for persistent definitions where libvirt keeps them, in the state directories of all generations: that also
/// shows what a stopped generation still holds, which nobody can ask.
/// </summary>
public static class DefinitionFiles
{
    /// <summary>Every file that defines a domain.</summary>
    public static IReadOnlyList<string> Of(OuterHostLab lab, Guid uuid)
    {
        var mark = $"<uuid>{uuid:D}</uuid>";
        return
        [
            .. Directory.EnumerateFiles(lab.Paths.GenerationStates, "*.xml", SearchOption.AllDirectories)
                .Where(static file => string.Equals(Path.GetFileName(Path.GetDirectoryName(file)), "qemu", StringComparison.Ordinal))
                .Where(file => File.ReadAllText(file).Contains(mark, StringComparison.Ordinal)),
        ];
    }

    /// <summary>Every link that makes libvirt start a domain by itself.</summary>
    public static IReadOnlyList<string> AutostartLinksOf(OuterHostLab lab, string name) =>
    [
        .. Directory.EnumerateDirectories(lab.Paths.GenerationStates, "autostart", SearchOption.AllDirectories)
            .Where(static directory => string.Equals(Path.GetFileName(Path.GetDirectoryName(directory)), "qemu", StringComparison.Ordinal))
            .Select(directory => Path.Join(directory, $"{name}.xml"))
            .Where(static link => new FileInfo(link).LinkTarget is not null),
    ];
}
