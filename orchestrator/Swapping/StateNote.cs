using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Swapping;

/// <summary>
/// What the journal keeps with the intent to take a VM's definition from the side that it leaves, while a copy of its state waits
/// on the other: whoever continues after a death in between must know whether the VM has run since.
/// </summary>
/// <param name="From">The generation that it leaves.</param>
/// <param name="To">The generation where the copy waits.</param>
/// <param name="LogThere">What the VM's log was there.</param>
/// <param name="LogHere">What the VM's log was where it leaves.</param>
internal sealed record StateNote(int From, int To, string LogHere, string LogThere)
{
    /// <summary>The journal's step that carries a note.</summary>
    public const string Step = "leave";

    /// <summary>What is so now.</summary>
    public static StateNote Take(GenerationPaths from, GenerationPaths to, string name) => new(from.Number, to.Number, LogOf(from, name), LogOf(to, name));

    /// <summary>The last one of a VM that an unfinished operation has; null where none has.</summary>
    public static StateNote? Last(IJournal journal, Guid uuid) => journal.UnfinishedOperations()
        .SelectMany(operation => journal.Entries(operation.Id).Reverse())
        .Where(entry => string.Equals(entry.Step, Step, StringComparison.Ordinal) && string.Equals(entry.Subject, uuid.ToString(), StringComparison.Ordinal))
        .Select(static entry => JsonSerializer.Deserialize(entry.DetailJson, StateNoteJson.Default.StateNote))
        .FirstOrDefault();

    /// <summary>As JSON.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, StateNoteJson.Default.StateNote);

    /// <summary>
    /// Whether a QEMU was started for it on either side since: libvirt writes that into the VM's log before anything else
    /// (<c>qemuLogContextNew</c>).
    /// </summary>
    public bool HasRunSince(GenerationPaths from, GenerationPaths to, string name) =>
        !string.Equals(LogHere, LogOf(from, name), StringComparison.Ordinal) || !string.Equals(LogThere, LogOf(to, name), StringComparison.Ordinal);

    private static string LogOf(GenerationPaths generation, string name)
    {
        using var directory = VmLogs.Open(generation);
        return directory?.Look(VmLogs.FileOf(name)) is { } log ? string.Create(CultureInfo.InvariantCulture, $"{log.Inode}:{log.Size}:{log.Modified}") : "";
    }
}

/// <summary>JSON of <see cref="StateNote"/>.</summary>
[JsonSerializable(typeof(StateNote))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class StateNoteJson : JsonSerializerContext;
