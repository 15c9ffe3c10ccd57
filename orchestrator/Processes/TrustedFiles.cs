using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.Orchestrator.Processes;

/// <summary>What runs as root, or becomes part of what does, must be root's alone to write: the same is asked of the configuration.</summary>
internal static class TrustedFiles
{
    private const uint OthersWrite = 0x12; // S_IWGRP | S_IWOTH

    /// <summary>Links are taken along as links: what they lead to is another machine's, or a container's.</summary>
    private static readonly EnumerationOptions AllButLinks = new() { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = false };

    /// <summary>Looks at a file, or a directory with all that is in it.</summary>
    /// <param name="path">The path; where there is none, nothing is asked.</param>
    /// <exception cref="EnvironmentException">Others can write there, or it cannot be looked at.</exception>
    public static void Require(string path)
    {
        try
        {
            foreach (var entry in Directory.Exists(path) ? Directory.EnumerateFileSystemEntries(path, "*", AllButLinks).Prepend(path) : [path])
                RequireOne(entry);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"{path} cannot be looked at: {exception.Message}", "See that root can read it.", exception);
        }
    }

    private static void RequireOne(string path)
    {
        if (ContainerFiles.LookOutside(path) is not { } facts)
            return;
        if ((facts.Mode & OthersWrite) != 0)
            throw new EnvironmentException($"{path} can be written by others than its owner, and what is in it runs as root", $"Run 'chmod go-w {path}'.");
        if (facts.User != 0)
            throw new EnvironmentException($"{path} belongs to user {facts.User}, and what is in it runs as root", $"Run 'chown root {path}'.");
    }
}
