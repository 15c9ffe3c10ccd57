using System.Text.Json;
using System.Text.Json.Serialization;
using HostSwap.Orchestrator.Errors;
using HostSwap.Orchestrator.Generations;
using HostSwap.Orchestrator.Journal;

namespace HostSwap.Orchestrator.Comparing;

/// <summary>
/// What a generation held when everything was about to leave it, in a file of its state directory: afterwards it is empty,
/// and could be compared with nothing.
/// </summary>
public static class LeftContents
{
    /// <summary>Reads it; null where nothing has ever left the generation.</summary>
    /// <exception cref="EnvironmentException">It cannot be read.</exception>
    public static HostContents? Read(GenerationPaths paths)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(paths.LeftContentsFile), HostContentsJson.Default.HostContents);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new EnvironmentException($"{paths.LeftContentsFile} cannot be read: {exception.Message}", "Only 'hostctl diff' needs it; the next swap writes another.", exception);
        }
    }

    /// <summary>Writes it, readable by its owner alone, and whole even after a power cut.</summary>
    public static void Write(GenerationPaths paths, HostContents contents) =>
        DurableFile.Replace(paths.LeftContentsFile, file => JsonSerializer.Serialize(file, contents, HostContentsJson.Default.HostContents));
}

/// <summary>JSON of <see cref="HostContents"/>.</summary>
[JsonSerializable(typeof(HostContents))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
internal sealed partial class HostContentsJson : JsonSerializerContext;
