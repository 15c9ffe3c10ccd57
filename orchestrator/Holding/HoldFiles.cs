using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Holding;

/// <summary>
/// The holds of an outer host, a file each: they can be placed and released while another hostctl has the lock, and whatever has
/// become of the journal. What cannot be read holds, too, until a person has looked.
/// </summary>
/// <param name="directory">Where they are.</param>
/// <param name="time">Says which have ended.</param>
public sealed class HoldFiles(string directory, TimeProvider time)
{
    /// <summary>The most characters that a reason has.</summary>
    public const int LongestReason = 500;

    private const string Extension = ".json";
    private const int Digits = 8;

    /// <summary>Those that have not ended, the oldest first.</summary>
    /// <exception cref="EnvironmentException">The directory cannot be read.</exception>
    public IReadOnlyList<Hold> All()
    {
        try
        {
            var now = time.GetUtcNow();
            return !Directory.Exists(directory)
                ? []
                : [.. Directory.GetFiles(directory, $"*{Extension}").Select(Read).OfType<Hold>().Where(hold => !hold.HasEnded(now)).OrderBy(static hold => hold.PlacedAt)];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"whether anybody holds swaps cannot be told: {exception.Message}", $"See that {directory} can be read.", exception);
        }
    }

    /// <summary>Places one.</summary>
    /// <param name="reason">Why.</param>
    /// <param name="by">Who.</param>
    /// <param name="until">When it ends by itself; null for when it is released.</param>
    /// <exception cref="UsageException">There is no usable reason, or its end has passed.</exception>
    /// <exception cref="EnvironmentException">It cannot be written.</exception>
    public Hold Place(string reason, string by, DateTimeOffset? until)
    {
        var now = time.GetUtcNow();
        if (string.IsNullOrWhiteSpace(reason) || reason.Length > LongestReason || reason.Any(char.IsControl))
            throw new UsageException($"a hold has a reason of one line and at most {LongestReason} characters", "Say for those who find it what it is for: --reason \"RAID is being rebuilt\".");
        if (until <= now)
            throw new UsageException($"a hold that ends at {until:u} would have ended already", "Name a time to come.");
        RemoveEnded(now);
        var hold = new Hold(RandomNumberGenerator.GetHexString(Digits, lowercase: true), reason, by, now, until);
        DurableFile.Replace(PathOf(hold.Id), stream => JsonSerializer.Serialize(stream, hold, HoldJson.Default.Hold));
        return hold;
    }

    /// <summary>Releases one.</summary>
    /// <returns>Whether it was there.</returns>
    /// <exception cref="EnvironmentException">It cannot be removed.</exception>
    public bool Release(string id)
    {
        if (All().FirstOrDefault(hold => string.Equals(hold.Id, id, StringComparison.Ordinal)) is not { } hold)
            return false;
        Remove(hold.Id);
        return true;
    }

    /// <summary>Nothing begins that somebody holds.</summary>
    /// <exception cref="HeldException">Somebody does.</exception>
    public void ThrowIfHeld()
    {
        if (All() is [_, ..] holds)
            throw new HeldException(holds);
    }

    private void RemoveEnded(DateTimeOffset now)
    {
        foreach (var path in Directory.Exists(directory) ? Directory.GetFiles(directory, $"*{Extension}") : [])
        {
            if (Read(path) is { } hold && hold.HasEnded(now))
                Remove(hold.Id);
        }
    }

    private void Remove(string id)
    {
        try
        {
            File.Delete(PathOf(id));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"the hold {id} cannot be removed: {exception.Message}", $"Remove {PathOf(id)}.", exception);
        }
    }

    private string PathOf(string id) => Path.Join(directory, id + Extension);

    /// <summary>Null where it was released at that moment.</summary>
    private static Hold? Read(string path)
    {
        var id = Path.GetFileNameWithoutExtension(path);
        try
        {
            using var file = File.OpenRead(path);
            if (JsonSerializer.Deserialize(file, HoldJson.Default.Hold) is { Reason: not null, By: not null } hold)
                return hold with { Id = id };
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (JsonException)
        {
            // Below.
        }

        return new Hold(id, $"{path} cannot be read as a hold", "nobody knows whom", new DateTimeOffset(File.GetLastWriteTimeUtc(path), TimeSpan.Zero), Until: null);
    }
}

/// <summary>JSON of <see cref="Hold"/>.</summary>
[JsonSerializable(typeof(Hold))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
internal sealed partial class HoldJson : JsonSerializerContext;
