using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Inventory;
using HostSwap.Orchestrator.Journal;
using HostSwap.Orchestrator.Libvirt;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// Devices that were taken from VMs for their moves, and that are to be given back wherever the VMs end up: by the journal, so
/// that no death in between costs a guest its device. The VM's definition for its next start has kept them.
/// </summary>
internal sealed class DetachedDevices(IJournal journal, EffectLog log, TimeProvider time, Action<string> notice)
{
    /// <summary>The journal's step that takes one.</summary>
    public const string DetachStep = "detach";

    /// <summary>The journal's step that gives it back.</summary>
    public const string AttachStep = "attach";

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

    /// <summary>A guest that boots does not hear of it.</summary>
    private static readonly TimeSpan AskAgain = TimeSpan.FromSeconds(10);

    /// <summary>Whether any VM waits for one.</summary>
    public bool Any => All().Count > 0;

    /// <summary>Takes from a VM that runs what cannot move with it.</summary>
    /// <param name="domains">Its side's domains.</param>
    /// <param name="uuid">The VM.</param>
    /// <param name="limit">How long its guest has for each.</param>
    /// <returns>Why it keeps one; null where none is left. What was taken by then waits.</returns>
    public async Task<string?> DetachAsync(ILibvirtDomains domains, Guid uuid, TimeSpan limit)
    {
        foreach (var device in (await ReadAsync(domains, uuid)).Where(static device => device.Detachable))
        {
            try
            {
                await log.DoAsync(DetachStep, uuid.ToString(), () => DetachAsync(domains, uuid, device, limit), new DeviceNote(device.Words, device.Identity, device.Xml).ToJson());
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                return $"its {device.Words} could not be detached: {exception.Message}";
            }
        }

        return null;
    }

    /// <summary>Gives a VM what it waits for.</summary>
    /// <param name="generation">Where it is.</param>
    /// <param name="domains">That side's domains.</param>
    /// <param name="uuid">The VM.</param>
    /// <returns>What it could not be given, and why; null where it has everything.</returns>
    public async Task<string?> AttachAsync(Generation generation, ILibvirtDomains domains, Guid uuid)
    {
        List<string> problems = [];
        foreach (var note in All().Where(waiting => waiting.Uuid == uuid).Select(static waiting => waiting.Note))
        {
            try
            {
                await log.DoAsync(AttachStep, uuid.ToString(), () => AttachAsync(generation, domains, uuid, note), note.ToJson());
            }
            catch (HostSwapException exception) when (exception is AdapterException or DeadlineException)
            {
                problems.Add($"its {note.Words}, which was detached for its move, could not be attached again in {generation.Name}: {exception.Message}");
            }
        }

        return problems.Count == 0 ? null : string.Join("; ", problems);
    }

    /// <summary>The same for all VMs that run in a generation.</summary>
    public async Task<IReadOnlyList<string>> AttachAllAsync(Generation generation, ILibvirtDomains domains)
    {
        List<string> problems = [];
        foreach (var uuid in All().Select(static waiting => waiting.Uuid).Distinct())
        {
            if (await domains.FindAsync(uuid, CancellationToken.None) is { IsActive: true } domain && await AttachAsync(generation, domains, uuid) is { } problem)
                problems.Add($"{domain.Name}: {problem}");
        }

        return problems;
    }

    private async Task<string> DetachAsync(ILibvirtDomains domains, Guid uuid, HostDevice device, TimeSpan limit)
    {
        var began = time.GetTimestamp();
        for (TimeSpan? asked = null; ;)
        {
            var elapsed = time.GetElapsedTime(began);
            if (asked is not null && !await HasAsync(domains, uuid, device.Identity))
                return $"{device.Words} is detached";
            if (elapsed > limit)
                throw new DeadlineException($"the guest to let go of its {device.Words}", limit, "it has it still; it was asked to, and may still do so: 'virsh attach-device' then gives it back");
            if (asked is null || elapsed - asked > AskAgain)
            {
                await AskAsync(domains, uuid, device, again: asked is not null);
                asked = elapsed;
            }
            else
            {
                await Task.Delay(Interval, time);
            }
        }
    }

    /// <summary>libvirt refuses a second request where the first is still under way.</summary>
    private async Task AskAsync(ILibvirtDomains domains, Guid uuid, HostDevice device, bool again)
    {
        try
        {
            await domains.DetachDeviceAsync(uuid, device.Xml, CancellationToken.None);
        }
        catch (AdapterException exception) when (again)
        {
            notice($"{uuid}: its guest could not be asked for its {device.Words} again: {exception.Message}");
        }
    }

    private static async Task<string> AttachAsync(Generation generation, ILibvirtDomains domains, Guid uuid, DeviceNote note)
    {
        if (await domains.FindAsync(uuid, CancellationToken.None) is not { IsActive: true })
            return "it does not run; its next start has it by its definition";
        if (await HasAsync(domains, uuid, note.Identity))
            return $"it has its {note.Words} still";
        await domains.AttachDeviceAsync(uuid, note.Xml, CancellationToken.None);
        return await HasAsync(domains, uuid, note.Identity)
            ? $"{note.Words} is attached again"
            : throw new AdapterException($"libvirt {generation.Name}", "attach a device", "the VM does not have it after it was attached");
    }

    private static async Task<bool> HasAsync(ILibvirtDomains domains, Guid uuid, string identity) =>
        (await ReadAsync(domains, uuid)).Any(device => string.Equals(device.Identity, identity, StringComparison.Ordinal));

    private static async Task<IReadOnlyList<HostDevice>> ReadAsync(ILibvirtDomains domains, Guid uuid) =>
        [.. HostDevice.In(DomainXmlReader.Parse(await domains.GetXmlAsync(uuid, DomainXml.Live, CancellationToken.None)))];

    private List<(Guid Uuid, DeviceNote Note)> All()
    {
        var waiting = new List<(Guid Uuid, DeviceNote Note)>();
        foreach (var entry in journal.UnfinishedOperations().Reverse().SelectMany(operation => journal.Entries(operation.Id)))
        {
            if (entry.Step is not (DetachStep or AttachStep) || !Guid.TryParse(entry.Subject, out var uuid))
                continue;
            var note = DeviceNote.Read(entry.DetailJson);
            if (entry.Step is DetachStep || entry.Result == EntryResult.Done)
                waiting.RemoveAll(item => item.Uuid == uuid && string.Equals(item.Note.Identity, note.Identity, StringComparison.Ordinal));
            if (entry.Step is DetachStep)
                waiting.Add((uuid, note));
        }

        return waiting;
    }
}

/// <summary>What the journal keeps of a device that is taken from a VM.</summary>
/// <param name="Words">See <see cref="HostDevice.Words"/>.</param>
/// <param name="Identity">See <see cref="HostDevice.Identity"/>.</param>
/// <param name="Xml">See <see cref="HostDevice.Xml"/>.</param>
internal sealed record DeviceNote(string Words, string Identity, string Xml)
{
    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DeviceNoteJson.Default.DeviceNote);

    /// <summary>From JSON.</summary>
    public static DeviceNote Read(string json) => JsonSerializer.Deserialize(json, DeviceNoteJson.Default.DeviceNote)!;
}

/// <summary>JSON of <see cref="DeviceNote"/>.</summary>
[JsonSerializable(typeof(DeviceNote))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class DeviceNoteJson : JsonSerializerContext;
