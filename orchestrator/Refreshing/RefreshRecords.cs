using System.Globalization;
using System.Text.Json;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Refreshing;

/// <summary>
/// The records of refreshes, a file each, named by their numbers: they are written while a swap has the journal, and read by
/// whoever wants to know what happened at night.
/// </summary>
/// <param name="directory">Where they are.</param>
public sealed class RefreshRecords(string directory)
{
    /// <summary>How many are kept.</summary>
    public const int Kept = 200;

    private const string Extension = ".json";

    /// <summary>The newest, newest first. One that cannot be read is left out: it decides nothing that a swap would not look at itself.</summary>
    /// <exception cref="EnvironmentException">The directory cannot be read.</exception>
    public IReadOnlyList<RefreshRecord> Newest(int count)
    {
        try
        {
            return [.. Numbers().OrderDescending().Take(count).Select(Read).OfType<RefreshRecord>()];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"what earlier refreshes came to cannot be read: {exception.Message}", $"See that {directory} can be read.", exception);
        }
    }

    /// <summary>The number of the next one.</summary>
    public long NextId() => Numbers().DefaultIfEmpty(0).Max() + 1;

    /// <summary>Writes one, in place of what it was before, and forgets those beyond the newest <see cref="Kept"/>.</summary>
    /// <exception cref="EnvironmentException">It cannot be written.</exception>
    public void Write(RefreshRecord record)
    {
        DurableFile.Replace(PathOf(record.Id), stream => JsonSerializer.Serialize(stream, record, RefreshJson.Default.RefreshRecord));
        foreach (var old in Numbers().OrderDescending().Skip(Kept))
            File.Delete(PathOf(old));
    }

    private IEnumerable<long> Numbers() => !Directory.Exists(directory)
        ? []
        : Directory.GetFiles(directory, $"*{Extension}")
            .Select(static path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(static number => number > 0);

    private string PathOf(long id) => Path.Join(directory, id.ToString(CultureInfo.InvariantCulture) + Extension);

    private RefreshRecord? Read(long id)
    {
        try
        {
            using var file = File.OpenRead(PathOf(id));
            return JsonSerializer.Deserialize(file, RefreshJson.Default.RefreshRecord) is { Summary: not null, Stages: not null, Warnings: not null } record ? record with { Id = id } : null;
        }
        catch (Exception exception) when (exception is JsonException or FileNotFoundException)
        {
            return null;
        }
    }
}
