using System.Globalization;
using HostSwap.Orchestrator.Procfs;

namespace HostSwap.UnitTests.Fakes;

/// <summary>Mounts in memory, which take over what they are told as tmpfs does.</summary>
internal sealed class FakeMounts : IMounts
{
    public List<MountEntry> Entries { get; } = [];

    public List<string> Calls { get; } = [];

    /// <summary>What is in use on every mount.</summary>
    public long Used { get; set; }

    /// <summary>The size that is seen instead of the one that was asked for.</summary>
    public long? Size { get; set; }

    /// <summary>Thrown by the next change.</summary>
    public IOException? Refusal { get; set; }

    public IReadOnlyList<MountEntry> List() => [.. Entries];

    public void Mount(string fileSystem, string target, string options)
    {
        Change($"mount {fileSystem} {target} {options}");
        Entries.Add(new MountEntry(target, "/", fileSystem, Options(options)));
    }

    public void Remount(string target, string options)
    {
        Change($"remount {target} {options}");
        var at = Entries.FindLastIndex(entry => entry.Target == target);
        Entries[at] = Entries[at] with { Options = Options(options) };
    }

    public void Unmount(string target)
    {
        Change($"unmount {target}");
        Entries.RemoveAt(Entries.FindLastIndex(entry => entry.Target == target));
    }

    public MountUse Use(string target) => new(
        Size ?? long.Parse(Entries.Last(entry => entry.Target == target).Options["size"], CultureInfo.InvariantCulture), Used);

    private void Change(string call)
    {
        Calls.Add(call);
        if (Refusal is { } refusal)
            throw refusal;
    }

    private static Dictionary<string, string> Options(string options)
    {
        var read = options.Split(',').Select(option => option.Split('=', 2)).ToDictionary(parts => parts[0], parts => parts[1], StringComparer.Ordinal);
        if (read.TryGetValue("pagesize", out var page))
            read["pagesize"] = $"{long.Parse(page, CultureInfo.InvariantCulture) >> 20}M";
        return read;
    }
}
