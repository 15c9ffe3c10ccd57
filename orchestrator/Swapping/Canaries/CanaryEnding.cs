using System.Text.RegularExpressions;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Procfs;
using HostSwap.Orchestrator.Verifying;

namespace HostSwap.Orchestrator.Swapping.Canaries;

/// <summary>Ends canaries, wherever they are, and sees that nothing of them is left: no domain, no QEMU, no RAM file.</summary>
internal sealed partial class CanaryEnding(EffectLog log, IOuterKernel kernel, TimeProvider time)
{
    /// <summary>How long libvirt may take on both sides, also where it was just being moved.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Ends every canary that is in these generations, whoever started it.</summary>
    /// <exception cref="DeadlineException">One does not end.</exception>
    /// <exception cref="AdapterException">libvirt does not answer, or a RAM file cannot be removed.</exception>
    public async Task EndAllAsync(IReadOnlyList<LiveGeneration> places)
    {
        var found = new HashSet<Guid>();
        foreach (var place in places)
            found.UnionWith((await place.Libvirt.Domains.ListCanariesAsync(CancellationToken.None)).Select(static canary => canary.Uuid));
        foreach (var uuid in found)
            await EndAsync(places, uuid);
        foreach (var place in places)
            await RemoveRamAsync(place);
    }

    /// <summary>Ends one canary, and sees that it has.</summary>
    /// <exception cref="DeadlineException">It does not end.</exception>
    public async Task EndAsync(IReadOnlyList<LiveGeneration> places, Guid uuid) => await log.DoAsync("canary-end", uuid.ToString(), async () =>
    {
        var began = time.GetTimestamp();
        for (; ; )
        {
            string? left = null;
            foreach (var place in places)
                left = await TryEndAsync(place, uuid) ?? left;
            if (left is null)
            {
                foreach (var place in places)
                    RemoveSockets(place.Generation.Paths, uuid);
                return $"gone from {string.Join(" and ", places.Select(static place => place.Generation.Name))}";
            }

            if (time.GetElapsedTime(began) > Limit)
                throw new DeadlineException($"the canary {uuid} to end", Limit, left);
            await Task.Delay(Interval, time);
        }
    });

    /// <summary>Removes RAM files that no canary has any more; libvirt does so itself unless it died.</summary>
    /// <exception cref="AdapterException">libvirt does not answer, or one cannot be removed.</exception>
    public async Task RemoveRamAsync(LiveGeneration place)
    {
        var left = RamDirectories(place).Where(directory => !IsMapped(place, directory)).ToList();
        // A domain of that name which is about to start has its directory before it has its QEMU.
        if (left.Count == 0 || (await place.Libvirt.Domains.ListAsync(CancellationToken.None)).Any(static domain => domain.Name.StartsWith(CanaryMark.Name, StringComparison.Ordinal)))
            return;
        foreach (var directory in left)
        {
            await log.DoAsync("canary-ram", place.Generation.Name, () =>
            {
                Remove(directory);
                return Task.FromResult($"{directory.FullName} is removed");
            });
        }
    }

    /// <summary>What is left of it in one generation, after it was told to end; null where nothing is.</summary>
    private async Task<string?> TryEndAsync(LiveGeneration place, Guid uuid)
    {
        try
        {
            if (await place.Libvirt.Domains.FindAsync(uuid, CancellationToken.None) is not null)
                await place.Libvirt.Domains.DestroyAsync(uuid, CancellationToken.None);
            if (await place.Libvirt.Domains.FindAsync(uuid, CancellationToken.None) is { } domain)
                return $"it is {domain.State} in {place.Generation.Name}";
            return place.QemusOf(uuid, kernel) is [var pid, ..] ? $"its QEMU process {pid} runs in {place.Generation.Name}" : null;
        }
        catch (AdapterException) when (!string.Equals(kernel.PidNamespace(place.InitPid), place.PidNamespace, StringComparison.Ordinal))
        {
            return null; // The container has ended, and everything in it.
        }
        catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
        {
            // As of one that a migration has just taken away: it is looked at again.
            return exception.Message;
        }
    }

    /// <summary>A QEMU that was killed leaves the sockets on which it listened.</summary>
    private static void RemoveSockets(GenerationPaths paths, Guid uuid)
    {
        foreach (var socket in new[] { paths.QmpSocket(uuid), Path.Join(paths.Host.MigrationSockets, MigrationCall.SocketName(uuid)) })
        {
            if (File.Exists(socket))
                File.Delete(socket);
        }
    }

    private static IEnumerable<DirectoryInfo> RamDirectories(LiveGeneration place)
    {
        var root = new DirectoryInfo(Path.Join(place.Generation.Paths.Memory, "libvirt", "qemu"));
        return root.Exists ? root.EnumerateDirectories($"*{CanaryMark.Name}*").Where(static directory => RamName().IsMatch(directory.Name)) : [];
    }

    private bool IsMapped(LiveGeneration place, DirectoryInfo directory) => kernel.QemuProcesses()
        .Where(place.Holds)
        .SelectMany(process => kernel.MappedFiles(process.Pid))
        .Any(file => string.Equals(Path.GetFileName(Path.GetDirectoryName(file.Path)), directory.Name, StringComparison.Ordinal));

    private static void Remove(DirectoryInfo directory)
    {
        try
        {
            directory.Delete(recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // libvirt was faster.
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new AdapterException("memory", $"remove {directory.FullName}", exception.Message, exception);
        }
    }

    /// <summary>libvirt's <c>ID-NAME</c>, of names that canaries get.</summary>
    [GeneratedRegex($"^[0-9]+-{CanaryMark.Name}(-[0-9a-f]{{4}})?$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex RamName();
}
