using System.Globalization;
using System.Text;
using System.Text.Json;
using HostSwap.Lab.Processes;

namespace HostSwap.Lab.Hosts;

/// <summary>Removes labs: one's own at its end, and those whose owner was killed. Labs of live owners are left alone.</summary>
public static class LabJanitor
{
    /// <summary>A record is written within this time of its directory; after it, a directory without one is a leftover.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    /// <summary>Removes what dead owners left.</summary>
    /// <returns>The ids of the removed labs.</returns>
    public static async Task<IReadOnlyList<string>> RemoveLeftoversAsync(CancellationToken cancellationToken)
    {
        List<string> removed = [];
        foreach (var root in Directory.EnumerateDirectories(Path.GetDirectoryName(LabRecord.Prefix)!, Path.GetFileName(LabRecord.Prefix) + "*"))
        {
            var record = LabRecord.Read(root);
            if (record is null && DateTime.UtcNow - Directory.GetCreationTimeUtc(root) < Grace) continue;
            if (record is { Owner.IsAlive: true }) continue;
            record ??= new LabRecord(root[LabRecord.Prefix.Length..], ProcessIdentity.Current, "", "");
            await RemoveAsync(record, cancellationToken);
            removed.Add(record.Id);
        }

        return removed;
    }

    /// <summary>Label of containers that belong to no lab: who made them.</summary>
    public const string OwnerLabel = "hostswap.lab.owner";

    /// <summary>Value of <see cref="OwnerLabel"/> for this process.</summary>
    public static string OwnerLabelValue => JsonSerializer.Serialize(ProcessIdentity.Current);

    /// <summary>Removes containers whose owner is dead.</summary>
    public static async Task RemoveStrayContainersAsync(CancellationToken cancellationToken)
    {
        foreach (var container in await DockerCli.InspectAsync(await DockerCli.ContainersAsync(OwnerLabel, cancellationToken), cancellationToken))
        {
            var value = container.GetProperty("Config").GetProperty("Labels").GetProperty(OwnerLabel).GetString()!;
            if (JsonSerializer.Deserialize<ProcessIdentity>(value) is { IsAlive: true }) continue;
            await DockerCli.RunAsync(["rm", "--force", "--volumes", DockerCli.IdOf(container)], cancellationToken);
        }
    }

    /// <summary>Removes one lab with everything that carries its id, in an order in which nothing is made anew.</summary>
    public static async Task RemoveAsync(LabRecord record, CancellationToken cancellationToken)
    {
        KillPrograms(record);
        await RemoveContainersAsync(record, cancellationToken);
        await RemoveNetworksAsync(record, cancellationToken);
        await RemoveImagesAsync(record, cancellationToken);
        await UnmountAsync(record.Root, cancellationToken);
        await LoopDevice.DetachBelowAsync(record.Root, cancellationToken);
        if (Directory.Exists(record.Root)) Directory.Delete(record.Root, recursive: true);
    }

    /// <summary>Images that hostctl has built for it; a lab that was never whole has no network, and no images.</summary>
    private static async Task RemoveImagesAsync(LabRecord record, CancellationToken cancellationToken)
    {
        if (record.Network.Length == 0) return;
        var names = DockerCli.Lines(await DockerCli.RunAsync(["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", $"reference={record.Network}/host"], cancellationToken));
        foreach (var name in names)
            await DockerCli.RunAsync(["rmi", name], cancellationToken);
    }

    /// <summary>hostctl processes that outlived their lab would go on making things; their root is in their environment.</summary>
    private static void KillPrograms(LabRecord record)
    {
        var mark = $"HOSTSWAP_ROOT={record.Root}";
        foreach (var pid in Witnessing.QemuProcess.ProcessIds())
            if (pid != Environment.ProcessId && EnvironmentOf(pid).Contains(mark, StringComparer.Ordinal))
                Native.Send(pid, Signal.Kill);
    }

    private static string[] EnvironmentOf(int pid)
    {
        try
        {
            return Encoding.UTF8.GetString(File.ReadAllBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{pid}/environ"))).Split('\0');
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is a kernel thread or another user's: none of ours in either case.
            return [];
        }
    }

    private static async Task RemoveContainersAsync(LabRecord record, CancellationToken cancellationToken)
    {
        var containers = await DockerCli.ContainersAsync(record.Label, cancellationToken);
        if (containers.Count == 0) return;
        var result = await DockerCli.TryAsync(["rm", "--force", "--volumes", .. containers], cancellationToken, TimeSpan.FromMinutes(2));
        var left = await DockerCli.ContainersAsync(record.Label, cancellationToken);
        if (left.Count > 0) throw new LabException($"containers of lab {record.Id} cannot be removed: {result.Describe()}");
    }

    private static async Task RemoveNetworksAsync(LabRecord record, CancellationToken cancellationToken)
    {
        var all = DockerCli.Lines(await DockerCli.RunAsync(["network", "ls", "--format", "{{.Name}}"], cancellationToken));
        var labelled = DockerCli.Lines(await DockerCli.RunAsync(
            ["network", "ls", "--filter", $"label={record.Label}", "--format", "{{.Name}}"], cancellationToken));
        foreach (var network in all.Where(name => string.Equals(name, record.Network, StringComparison.Ordinal)).Union(labelled, StringComparer.Ordinal))
            await DockerCli.RunAsync(["network", "rm", network], cancellationToken);
    }

    /// <summary>Unmounts everything below a directory, the deepest first.</summary>
    private static async Task UnmountAsync(string root, CancellationToken cancellationToken)
    {
        var mounts = (await File.ReadAllLinesAsync("/proc/self/mountinfo", cancellationToken))
            .Select(static line => line.Split(' ')[4])
            .Where(mount => mount.StartsWith(root + "/", StringComparison.Ordinal))
            .OrderByDescending(static mount => mount.Length);
        foreach (var mount in mounts)
            (await Command.RunAsync("umount", ["--lazy", mount], cancellationToken)).Succeeded();
    }
}
