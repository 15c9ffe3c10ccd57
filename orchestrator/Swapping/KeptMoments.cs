using System.Text.Json;
using System.Text.Json.Serialization;
using System.Xml.Linq;
using HostSwap.Orchestrator.Comparing;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Snapshots, or checkpoints, of VMs on their way. libvirt migrates no domain that has any, and carries none: what it knows of
/// them is written down, taken from it, and defined again where the VM ends up. What they consist of is in the VM's disks and
/// is not touched.
/// </summary>
/// <remarks>
/// A file for each VM holds them from before the first is taken until all are back, so that neither a death nor a failure in
/// between can lose one. It may hold passwords, as a definition may, and is root's alone.
/// </remarks>
/// <param name="directory">Where they are written down.</param>
/// <param name="kind">What they are: <c>snapshots</c> or <c>checkpoints</c>.</param>
/// <param name="log">Carries out and journals side effects.</param>
internal sealed class KeptMoments(string directory, string kind, EffectLog log)
{
    /// <summary>Takes those of a VM from a host that it is about to leave; none where it has none.</summary>
    public async Task TakeAsync(IDomainMoments moments, Guid uuid)
    {
        var present = await moments.ReadAsync(uuid, CancellationToken.None);
        if (present.Count == 0)
            return;
        await log.DoAsync($"take-{kind}", uuid.ToString(), async () =>
        {
            // An earlier try may have died when some were taken already. Of those that are here, what is here counts.
            var taken = Read(uuid).Where(kept => !present.Any(snapshot => Same(snapshot.Name, kept.Name)));
            Write(uuid, [.. taken.Select(kept => kept with { Current = kept.Current && !present.Any(static snapshot => snapshot.Current) }), .. present]);
            foreach (var snapshot in ParentsFirst(present).Reverse())
                await moments.ForgetAsync(uuid, snapshot.Name, CancellationToken.None);
            return await moments.ReadAsync(uuid, CancellationToken.None) is { Count: > 0 } left
                ? throw new AdapterException("libvirt", $"take {kind}", $"it still has {string.Join(", ", left.Select(static moment => moment.Name))}")
                : $"{present.Count} {kind} written down";
        });
    }

    /// <summary>Gives a VM back what was taken from it on the host that has it now; nothing where none were taken.</summary>
    public async Task RestoreAsync(IDomainMoments moments, Guid uuid)
    {
        var kept = Read(uuid);
        if (kept.Count == 0)
            return;
        await log.DoAsync($"restore-{kind}", uuid.ToString(), async () =>
        {
            var present = (await moments.ReadAsync(uuid, CancellationToken.None)).Select(static moment => moment.Name).ToHashSet(StringComparer.Ordinal);
            foreach (var snapshot in ParentsFirst(kept).Where(snapshot => !present.Contains(snapshot.Name)))
                await moments.RedefineAsync(uuid, snapshot with { Xml = Portable(snapshot.Xml) }, CancellationToken.None);
            var now = await moments.ReadAsync(uuid, CancellationToken.None);
            if (kept.FirstOrDefault(snapshot => !now.Any(there => Same(there.Name, snapshot.Name))) is { } missing)
                throw new AdapterException("libvirt", $"define {kind} again", $"{missing.Name} is not there");
            // Where it was there already, somebody may have reverted to another, or taken one, meanwhile.
            if (kept.FirstOrDefault(snapshot => snapshot.Current && !present.Contains(snapshot.Name)) is { } current
                && now.FirstOrDefault(static there => there.Current)?.Name is var other && !Same(other ?? "", current.Name))
            {
                throw new AdapterException("libvirt", $"define {kind} again", $"{other ?? "none"} is the current one, and {current.Name} was");
            }

            File.Delete(PathOf(uuid));
            return $"{kept.Count} {kind} defined again";
        });
    }

    /// <summary>Gives all VMs of a host back what was taken from them, also where a death came before a move had begun.</summary>
    /// <returns>What could not be given back, and stays written down.</returns>
    public async Task<IReadOnlyList<string>> RestoreAllAsync(IDomainMoments moments, ILibvirtDomains domains)
    {
        List<string> problems = [];
        foreach (var file in Directory.Exists(directory) ? Directory.GetFiles(directory, "*.json") : [])
        {
            if (!Guid.TryParseExact(Path.GetFileNameWithoutExtension(file), "D", out var uuid) || await domains.FindAsync(uuid, CancellationToken.None) is not { } domain)
                continue;
            try
            {
                await RestoreAsync(moments, uuid);
            }
            catch (HostSwapException exception) when (exception is not JournalException)
            {
                problems.Add($"the {kind} of {domain.Name} are written down in {file}, and could not be defined again: {exception.Message}");
            }
        }

        return problems;
    }

    /// <summary>libvirt wants to know a parent before its children.</summary>
    private static IReadOnlyList<SnapshotRecord> ParentsFirst(IReadOnlyList<SnapshotRecord> snapshots) =>
        DependencyOrder.Of(snapshots, static (snapshot, other) => Same(other.Name, snapshot.Parent ?? ""));

    /// <summary>
    /// Each holds the definition of its time as its libvirt writes it for itself: libvirt 9.0 refuses to be told of the watchdog
    /// that later ones write out.
    /// </summary>
    private static string Portable(string xml)
    {
        var snapshot = DomainXmlReader.ParseWithSpace(xml);
        snapshot.Descendants().Where(DefinitionText.IsUnspoken).Remove();
        return snapshot.ToString(SaveOptions.DisableFormatting);
    }

    private static bool Same(string left, string right) => string.Equals(left, right, StringComparison.Ordinal);

    private string PathOf(Guid uuid) => Path.Join(directory, $"{uuid:D}.json");

    private IReadOnlyList<SnapshotRecord> Read(Guid uuid)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(PathOf(uuid)), KeptMomentsJson.Default.IReadOnlyListSnapshotRecord) ?? [];
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return [];
        }
        catch (JsonException exception)
        {
            throw new EnvironmentException($"{PathOf(uuid)}, which holds {kind} of a VM, cannot be read: {exception.Message}", $"Put it back from a backup, or move it away and define the {kind} again by hand.", exception);
        }
    }

    private void Write(Guid uuid, IReadOnlyList<SnapshotRecord> snapshots) =>
        DurableFile.Replace(PathOf(uuid), file => JsonSerializer.Serialize(file, snapshots, KeptMomentsJson.Default.IReadOnlyListSnapshotRecord));
}

/// <summary>JSON of what is kept.</summary>
[JsonSerializable(typeof(IReadOnlyList<SnapshotRecord>))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class KeptMomentsJson : JsonSerializerContext;
