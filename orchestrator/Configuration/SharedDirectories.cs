namespace HostSwap.Orchestrator.Configuration;

/// <summary>Which outer directories may be bound at the same path into every generation.</summary>
internal static class SharedDirectories
{
    // What the host OS in the container brings itself: bound over, it would not boot, or would run the outer one's files.
    private static readonly string[] OwnTrees =
        ["/proc", "/sys", "/dev", "/etc", "/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/boot"];

    // Directories that the host OS needs as its own, though something below them may be shared.
    private static readonly string[] OwnDirectories =
        ["/run", "/tmp", "/var", "/var/cache", "/var/lib", "/var/lib/libvirt", "/var/log", "/var/run", "/var/tmp"];

    /// <summary>Says what is wrong with a directory; null where it may be shared.</summary>
    public static string? Fault(string directory, HostSwapPaths paths)
    {
        if (string.Equals(directory, "/", StringComparison.Ordinal))
            return "\"/\" would replace the whole host OS; share the directories that hold VM disks";
        if (Array.Find(OwnTrees, tree => HostPath.IsWithin(directory, tree)) is { } tree)
            return $"\"{directory}\" lies in {tree}, which every generation brings itself; share a directory that holds VM disks";
        if (Generations.HostImageContract.SharedState.FirstOrDefault(state => string.Equals(state.Target, directory, StringComparison.Ordinal)) is { Name: { } name })
            return $"\"{directory}\" is shared by all generations anyway; which directory of the outer host that is, storage.{name} says";
        if (Array.Exists(OwnDirectories, own => string.Equals(own, directory, StringComparison.Ordinal)))
            return $"\"{directory}\" is a directory that every generation needs as its own; share one below it";
        foreach (var own in (string[])[paths.State, paths.Runtime])
        {
            if (HostPath.IsWithin(directory, own))
                return $"\"{directory}\" lies in HostSwap's own {own}; share a directory outside it";
            if (HostPath.IsWithin(own, directory))
                return $"\"{directory}\" contains HostSwap's own {own}; share a directory beside it";
        }

        return null;
    }
}
