using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>What the journal keeps with the intent of a migration, for whoever continues after a death in it.</summary>
/// <param name="Owners">Who owned the VM's files before.</param>
/// <param name="ArrivesPaused">Whether it runs, arrives paused all the same, and has to be resumed once its old QEMU has ended.</param>
/// <param name="Ran">Whether it ran, so that whoever took it over may have let it execute.</param>
internal sealed record MoveNote(DiskOwners Owners, bool ArrivesPaused, bool Ran)
{
    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(new MoveNoteDetail(Owners.Files, ArrivesPaused, Ran), MoveNoteJson.Default.MoveNoteDetail);

    /// <summary>From the journal's text.</summary>
    public static MoveNote Parse(string json)
    {
        var detail = JsonSerializer.Deserialize(json, MoveNoteJson.Default.MoveNoteDetail);
        return new MoveNote(DiskOwners.Of(detail?.Owners ?? []), detail?.ArrivesPaused ?? false, detail?.Ran ?? false);
    }
}

/// <summary>
/// The notes of unfinished operations. Who owned a VM's files holds from its first move on for all of them together: whoever
/// continues after a death finds files that the old side's libvirt has given away by then.
/// </summary>
internal sealed class MoveNotes(SwapSession session)
{
    /// <summary>The journal's step that carries a note.</summary>
    public const string Step = "migrate";

    /// <summary>The journal's step that has a VM go on which had arrived paused.</summary>
    public const string ResumptionStep = "resume-vm";

    /// <summary>The owners that an unfinished operation has noted first; nothing where none has.</summary>
    public DiskOwners OwnersOf(Guid uuid) => EntriesOf(uuid, Step)
        .Select(static entry => MoveNote.Parse(entry.DetailJson).Owners)
        .FirstOrDefault(static owners => !owners.IsEmpty) ?? DiskOwners.None;

    /// <summary>
    /// Whether the last migration of a VM was to end with a resumption, and nobody has noted that it came to its end, or
    /// that it was resumed later. What was resumed and is paused now was paused by a person.
    /// </summary>
    public bool WaitsForResumption(Guid uuid) =>
        EntriesOf(uuid, Step, ResumptionStep).LastOrDefault() is { } last
        && (IsStep(last, Step)
            ? last.Result != EntryResult.Done && MoveNote.Parse(last.DetailJson).ArrivesPaused
            : last.Result != EntryResult.Done);

    /// <summary>Whether the last migration of a VM began while it ran, and nobody has noted that it came to its end.</summary>
    public bool WasSentRunning(Guid uuid) =>
        EntriesOf(uuid, Step).LastOrDefault() is { } last && last.Result != EntryResult.Done && MoveNote.Parse(last.DetailJson).Ran;

    /// <summary>Gives the files that have another owner now back, as the new side sees them.</summary>
    public async Task RestoreAsync(Guid uuid, DiskOwners owners)
    {
        foreach (var (path, before, now) in owners.Changed(session.Kernel, session.Target.InitPid))
        {
            await session.Log.DoAsync("restore-owner", uuid.ToString(), () =>
            {
                session.Kernel.ChangeOwner(session.Target.InitPid, path, before.User, before.Group);
                return Task.FromResult($"{path} belongs to {before.Owner} again, not to {now.Owner}");
            });
        }
    }

    private IEnumerable<JournalEntry> EntriesOf(Guid uuid, params IReadOnlyList<string> steps) => session.Journal.UnfinishedOperations()
        .Reverse()
        .SelectMany(operation => session.Journal.Entries(operation.Id))
        .Where(entry => steps.Any(step => IsStep(entry, step)) && string.Equals(entry.Subject, uuid.ToString(), StringComparison.Ordinal));

    private static bool IsStep(JournalEntry entry, string step) => string.Equals(entry.Step, step, StringComparison.Ordinal);
}

/// <summary><see cref="MoveNote"/> as text has it.</summary>
internal sealed record MoveNoteDetail(IReadOnlyList<NotedFile>? Owners, bool ArrivesPaused, bool Ran);

/// <summary>JSON of <see cref="MoveNoteDetail"/>.</summary>
[JsonSerializable(typeof(MoveNoteDetail))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class MoveNoteJson : JsonSerializerContext;
